// Takes a block device for this program alone.
#pragma once

#include <string>

#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"

namespace zonecopy {

struct ExclusiveClaim {
  FileDescriptor
      file;  ///< open with O_EXCL, the claim that mount(2) takes too; for reading alone where it is write-protected
  bool write_protected = false;
};

/// What is write-protected is opened for reading, if `read_only` says that this is enough, and is EROFS else. EBUSY: it is mounted, or
/// held by another program. EACCES. Blocks.
Result<ExclusiveClaim> claim_block_device(const std::string& path, bool read_only);

}  // namespace zonecopy
