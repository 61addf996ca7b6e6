"""Reading an archive by zipimport."""
# refused with: PermissionError, zipimport.ZipImportError, ZipImportError

import zipimport
zipimport.zipimporter(secret)
