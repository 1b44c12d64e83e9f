"""The handout: this project for a room without a network, with what every machine in it needs."""
