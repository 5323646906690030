// Detection tests
