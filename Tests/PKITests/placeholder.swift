// PKI tests
