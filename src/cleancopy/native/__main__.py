"""`python -m cleancopy.native` compiles the library anew, for whoever has a compiler by now."""

from cleancopy.native.build import main

if __name__ == "__main__":
    main()
