// The zone files of a mount, or of one device of a mount: the folders cnv and seq in it.
#pragma once

#include <string>

#include "tools/clone/zones.h"
#include "zonecopy/result.h"

namespace zonecopy::cloning {

/// All zone files of `folder`, conventional ones first, each kind by number. The limits are not known here. Blocks.
/// EINVAL: this is no folder of a mount of zonefs.
Result<Side> read_folder(const std::string& folder);

/// Whether both names lead to the same folder.
bool same_folder(const std::string& one, const std::string& other);

}  // namespace zonecopy::cloning
