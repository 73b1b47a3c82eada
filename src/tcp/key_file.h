// The files that both ends of NVMe/TCP have their keys in.
#pragma once

#include <string>

#include "src/nvme/fabrics/key_list.h"

namespace zonecopy::tcp {

/// Errors of read_private_file() and parse_key_list(), with the file's name. Blocks.
[[nodiscard]] Result<nvme::fabrics::KeyList> read_key_file(const std::string& path);

}  // namespace zonecopy::tcp
