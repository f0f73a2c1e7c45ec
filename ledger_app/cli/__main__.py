from ledger_app.cli import main

main()
