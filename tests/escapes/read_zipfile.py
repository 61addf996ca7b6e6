"""Reading an archive by zipfile."""

import zipfile
zipfile.ZipFile(secret)
