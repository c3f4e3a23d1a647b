# Every task is a session of noxfile.py; `python bootstrap.py TASK [BUDGET]` does the same where there is no make.
PYTHON ?= python3
BUDGET ?=

.PHONY: help env book test data lab serve bench clean notebooks
help:
	@$(PYTHON) bootstrap.py list
env book test data lab serve bench clean notebooks:
	@$(PYTHON) bootstrap.py $@ $(BUDGET)
