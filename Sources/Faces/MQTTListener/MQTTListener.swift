// MQTTListener
