#include "tools/zonecopy/copy_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace zonecopy::tools {
namespace {

Error make_error(const CopyFile& file, std::string detail, int code = EINVAL) {
  return Error(code, "copy", std::move(detail)).on_device(file.file->name());
}

std::string_view offset_name(const RangeRequest& range) {
  return range.offset_by_option ? "--source-offset" : "the offset";
}
std::string_view length_name(const RangeRequest& range) { return range.length_by_option ? "--length" : "the length"; }

/// The sum of the lengths.
Result<std::uint64_t> total_length(const std::vector<CopySource>& sources) {
  std::uint64_t total_bytes = 0;
  for (const CopySource& source : sources) {
    if (source.length_bytes > std::numeric_limits<std::uint64_t>::max() - total_bytes) {
      return make_error(*source.file, "the sources are longer than any file can be", EFBIG);
    }
    total_bytes += source.length_bytes;
  }
  if (total_bytes != 0) return total_bytes;
  const bool zone = sources.front().file->is_zone();
  const std::string_view one = zone ? "the source zone is empty" : "the source is empty";
  const std::string_view what = sources.size() == 1 ? one : "all sources are empty";
  return make_error(*sources.front().file, fmt::format("{}: there is nothing to copy", what));
}

Status check_not_the_same(const std::vector<CopySource>& sources, const CopyTarget& target) {
  if (target.offset_bytes) return {};
  for (const CopySource& source : sources) {
    if (!source.file->file->same_as(*target.file.file)) continue;
    return make_error(target.file,
                      "source and destination are the same zone; to put a part of it once more behind its end, give "
                      "--destination-offset");
  }
  return {};
}

/// Where the first byte goes.
Result<std::uint64_t> place_in(const CopyTarget& target) {
  const CopyFile& file = target.file;
  const std::optional<std::uint64_t> given = target.offset_bytes;
  if (file.is_zone() && !file.facts.sequential) {
    if (given) return *given;
    return make_error(file,
                      "a conventional zone has no write pointer: say by --destination-offset where to write in it");
  }
  if (file.is_full()) {
    const std::string reset =
        file.mount ? fmt::format("; 'truncate -s 0 {}' would reset it", file.file->name()) : std::string();
    return make_error(file, "the destination zone is full" + reset, EFBIG);
  }
  if (given && file.is_zone() && *given != file.facts.size_bytes) {
    return make_error(file, fmt::format("--destination-offset is {}, but a sequential zone is written at its write "
                                        "pointer, {}",
                                        *given, file.facts.size_bytes));
  }
  return given.value_or(file.facts.size_bytes);
}

/// A copy between two mounts is done by the kernel, which reads and writes; it asks neither file system to copy.
Status check_mounts(const std::vector<CopySource>& sources, const CopyTarget& target) {
  for (const CopySource& source : sources) {
    if (source.file->mount == target.file.mount) continue;
    for (const CopyFile* file : {source.file, &target.file}) {
      if (!file->facts.only_offload) continue;
      return make_error(*file,
                        "source and destination are on different mounts, between which the data has to be moved, and "
                        "copy=offload of this one's mount forbids that",
                        EXDEV);
    }
  }
  return {};
}

Status check_block(const CopyFile& file, std::string_view name, std::uint64_t bytes, std::uint64_t block_bytes) {
  if (bytes % block_bytes == 0) return {};
  return make_error(file,
                    fmt::format("{} is {}, which is no multiple of the block size, {}", name, bytes, block_bytes));
}

/// A zone takes whole blocks, from whole blocks of zones.
Status check_blocks(const std::vector<CopySource>& sources, const CopyTarget& target, std::uint64_t offset_bytes) {
  if (!target.file.is_zone()) return {};
  const std::uint64_t block_bytes = target.file.facts.block_size_bytes;
  const Status begin = check_block(target.file, "--destination-offset", offset_bytes, block_bytes);
  if (!begin) return begin.error();
  for (const CopySource& source : sources) {
    const RangeRequest& range = source.range;
    const Status offset = source.file->is_zone()
                              ? check_block(*source.file, offset_name(range), range.offset_bytes, block_bytes)
                              : Status();
    if (!offset) return offset.error();
    const Status length = check_block(*source.file, length_name(range), source.length_bytes, block_bytes);
    if (!length) return length.error();
  }
  return {};
}

Status check_overlap(const std::vector<CopySource>& sources, const CopyTarget& target, std::uint64_t offset_bytes,
                     std::uint64_t total_bytes) {
  for (const CopySource& source : sources) {
    if (source.length_bytes == 0 || !source.file->file->same_as(*target.file.file)) continue;
    const std::uint64_t begin = source.range.offset_bytes;
    if (begin >= offset_bytes ? begin - offset_bytes >= total_bytes : offset_bytes - begin >= source.length_bytes)
      continue;
    return make_error(*source.file, fmt::format("the ranges overlap: {} bytes from offset {}, and {} bytes would go to "
                                                "offset {} of the same zone",
                                                source.length_bytes, begin, total_bytes, offset_bytes));
  }
  return {};
}

Status check_room(const CopyTarget& target, std::uint64_t offset_bytes, std::uint64_t total_bytes) {
  const std::uint64_t capacity_bytes = target.file.facts.capacity_bytes;
  const std::uint64_t room_bytes = capacity_bytes - std::min(offset_bytes, capacity_bytes);
  if (total_bytes <= room_bytes) return {};
  return make_error(target.file,
                    fmt::format("{} bytes do not fit: from offset {} on there is room for {}; --length copies less",
                                total_bytes, offset_bytes, room_bytes),
                    EFBIG);
}

}  // namespace

std::string CopySource::text() const {
  return fmt::format("{}:{}+{}", file->file->name(), range.offset_bytes, length_bytes);
}

Result<std::uint64_t> range_length(const CopyFile& source, const RangeRequest& range) {
  const std::uint64_t size_bytes = source.facts.size_bytes;
  const std::uint64_t offset = range.offset_bytes;
  if (size_bytes == 0 && offset == 0 && !range.length_bytes) return std::uint64_t{0};
  if (size_bytes == 0) return make_error(source, "the source is empty: it has no such range");
  if (offset >= size_bytes) {
    return make_error(source,
                      fmt::format("{} is {}, but the source ends at {}", offset_name(range), offset, size_bytes));
  }
  const std::uint64_t rest_bytes = size_bytes - offset;
  const std::uint64_t length_bytes = range.length_bytes.value_or(rest_bytes);
  if (length_bytes == 0)
    return make_error(source, fmt::format("{} is 0: there is nothing to copy", length_name(range)));
  if (length_bytes > rest_bytes) {
    return make_error(source, fmt::format("{} is {}, but from offset {} on there are only {} bytes", length_name(range),
                                          length_bytes, offset, rest_bytes));
  }
  return length_bytes;
}

Status check_request(const std::vector<CopySource>& sources, const CopyTarget& target) {
  const Status different = check_not_the_same(sources, target);
  if (!different) return different.error();
  const Result<std::uint64_t> total = total_length(sources);
  if (!total) return total.error();
  const Result<std::uint64_t> offset = place_in(target);
  if (!offset) return offset.error();
  const Status mounts = check_mounts(sources, target);
  if (!mounts) return mounts.error();
  const Status whole_blocks = check_blocks(sources, target, *offset);
  if (!whole_blocks) return whole_blocks.error();
  const Status apart = check_overlap(sources, target, *offset, *total);
  if (!apart) return apart.error();
  return check_room(target, *offset, *total);
}

}  // namespace zonecopy::tools
