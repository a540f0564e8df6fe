"""The commands of the command line, one module each. Modules import what they need when they are called, not before."""
