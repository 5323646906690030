// NGSILD tests
