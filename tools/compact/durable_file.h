// Files that are there whole or not at all, after a kill and after a power cut too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "zonecopy/result.h"

namespace zonecopy::compact {

enum class IfThere : std::uint8_t {
  refuse,   ///< EEXIST
  replace,  ///< in one step: whoever reads it finds all of the old or all of the new
};

/// Writes `path`, by way of a file beside it (unfinished_name), and returns when both its contents and its name are
/// durable.
Status write_durably(const std::string& path, std::string_view text, IfThere if_there);

/// Removes `path` and returns when that is durable.
Status remove_durably(const std::string& path);

/// Whether write_durably() could begin to: creates the file beside `path`, and removes it.
Status check_writable(const std::string& path);

/// All that can be read from `fd`; `path` is its name in errors. E2BIG if it is more than `max_bytes`.
Result<std::string> read_to_end(int fd, const std::string& path,
                                std::size_t max_bytes = std::numeric_limits<std::size_t>::max());
/// The whole contents; nothing if there is no such file. EINVAL if it is no ordinary file, ELOOP for a symbolic link,
/// EPERM if somebody else than the caller and root owns it or may write to it: in a folder that others may write to, it
/// could be theirs.
Result<std::optional<std::string>> read_own_if_there(const std::string& path);

/// The file in which write_durably() collects what is to become `path`. One that a kill has left is replaced.
[[nodiscard]] std::string unfinished_name(const std::string& path);

}  // namespace zonecopy::compact
