// MQTTClient tests
