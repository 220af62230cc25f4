#!/bin/sh
echo "Hello from ${PENSTOCK_STAGE:-your shell}!"
