// MQTTPackets tests
