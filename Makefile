# Every task is a session of noxfile.py; `python bootstrap.py TASK [BUDGET]` does the same where there is no make.
PYTHON ?= python3
BUDGET ?=
PLATFORM ?=

.PHONY: help env book test quick data lab serve bench clean notebooks pins slides classroom
help:
	@$(PYTHON) bootstrap.py list
env book test quick data lab serve bench clean notebooks pins slides:
	@$(PYTHON) bootstrap.py $@ $(BUDGET)
classroom:
	@$(PYTHON) bootstrap.py classroom "$(PLATFORM)"
