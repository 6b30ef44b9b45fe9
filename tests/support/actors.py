"""Who changes things in tests."""

from services.catalogue.domain.actors import program

TESTER = program("tests")
