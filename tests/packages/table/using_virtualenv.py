"""Plans a virtual environment; it is CPython that it looks for, so none is made."""
# packages: virtualenv==21.15.8 distlib==0.4.4 filelock==4.2.11 packaging==26.3 platformdirs==4.14.7 python-discovery==1.9.5

import tempfile

import virtualenv

with tempfile.TemporaryDirectory() as folder:
    session = virtualenv.session_via_cli([folder, "--without-pip"], setup_logging=False)
    assert session.creator.dest.samefile(folder)
