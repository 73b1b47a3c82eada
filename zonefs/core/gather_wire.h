// The request ZONECOPY_IOC_GATHER as it comes from a program, and the answer as it goes back (include/zonecopy/ioctl.h).
// Pure.
#pragma once

#include <algorithm>
#include <functional>
#include <string>

#include "zonecopy/ioctl.h"
#include "zonefs/core/gather.h"

namespace zonecopy::zonefs {

/// An empty piece of the file with that st_ino; nothing where there is none.
using FindInode = std::function<std::optional<CopyPiece>(std::uint64_t inode)>;

/// What a request asks for. `through` is for the caller to fill in. EINVAL: the version, a flag, the count or what is
/// reserved is wrong, an offset is there that no flag announces, or a sum overflows. ENOENT: there is no zone file with
/// such an inode; then `*failed` is the index of the range.
[[nodiscard]] Result<GatherRequest> parse_gather(const zonecopy_gather_request& wire, FileNumber destination,
                                                 const FindInode& find, std::size_t* failed);

/// Puts the answer into the request that it belongs to, which may be a malformed one.
void put_answer(const GatherAnswer& answer, zonecopy_gather_request& wire);

/// Copies a text, cut to the size of `room`, and fills the rest with zeros, of which there is at least one.
template <std::size_t size>
void put_text(const std::string& text, char (&room)[size]) {
  std::fill(std::copy_n(text.begin(), std::min(text.size(), size - 1), room), room + size, '\0');
}

}  // namespace zonecopy::zonefs
