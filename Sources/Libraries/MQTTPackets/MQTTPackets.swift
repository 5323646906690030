// MQTTPackets
