#include "tools/zonecopy/copy_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace zonecopy::tools {
namespace {

Error make_error(const CopyFile& file, std::string detail, int code = EINVAL) {
  return Error(code, "copy", std::move(detail)).on_device(file.path());
}

/// The number of bytes to copy. A length that the source does not have is an error.
Result<std::uint64_t> source_length(const CopyFile& source, const CopyArguments& arguments) {
  const std::uint64_t offset = arguments.source_offset_bytes;
  if (source.size_bytes() == 0) return make_error(source, "the source zone is empty: there is nothing to copy");
  if (offset >= source.size_bytes()) {
    return make_error(source,
                      fmt::format("--source-offset is {}, but the source ends at {}", offset, source.size_bytes()));
  }
  const std::uint64_t rest_bytes = source.size_bytes() - offset;
  const std::uint64_t length_bytes = arguments.length_bytes.value_or(rest_bytes);
  if (length_bytes == 0) return make_error(source, "--length is 0: there is nothing to copy");
  if (length_bytes > rest_bytes) {
    return make_error(source, fmt::format("--length is {}, but from the offset on there are only {} bytes",
                                          length_bytes, rest_bytes));
  }
  return length_bytes;
}

/// The offset in the destination.
Result<std::uint64_t> destination_offset(const CopyFile& destination, const CopyArguments& arguments) {
  const std::optional<std::uint64_t> given = arguments.destination_offset_bytes;
  if (!destination.sequential()) {
    if (given) return *given;
    return make_error(destination,
                      "a conventional zone has no write pointer: say by --destination-offset where to write in it");
  }
  if (destination.size_bytes() >= destination.capacity_bytes()) {
    return make_error(
        destination, fmt::format("the destination zone is full; 'truncate -s 0 {}' would reset it", destination.path()),
        EFBIG);
  }
  if (given && *given != destination.size_bytes()) {
    return make_error(
        destination,
        fmt::format("--destination-offset is {}, but a sequential zone is written at its write pointer, {}", *given,
                    destination.size_bytes()));
  }
  return destination.size_bytes();
}

Status check_room(const CopyFile& destination, const CopyRangeRequest& request) {
  const std::uint64_t offset = request.destination_offset_bytes;
  const std::uint64_t room_bytes = destination.capacity_bytes() - std::min(offset, destination.capacity_bytes());
  if (request.length_bytes <= room_bytes) return {};
  return make_error(destination,
                    fmt::format("{} bytes do not fit: from offset {} on there is room for {}; --length copies less",
                                request.length_bytes, offset, room_bytes),
                    EFBIG);
}

Status check_blocks(const CopyFile& file, const CopyRangeRequest& request) {
  const std::pair<std::string_view, std::uint64_t> numbers[] = {
      {"--source-offset", request.source_offset_bytes},
      {"--destination-offset", request.destination_offset_bytes},
      {"--length", request.length_bytes}};
  for (const auto& [option, bytes] : numbers) {
    if (bytes % file.block_size_bytes() == 0) continue;
    return make_error(file, fmt::format("{} is {}, which is no multiple of the block size, {}", option, bytes,
                                        file.block_size_bytes()));
  }
  return {};
}

Status check_overlap(const CopyFile& file, const CopyRangeRequest& request) {
  const std::uint64_t first = std::min(request.source_offset_bytes, request.destination_offset_bytes);
  const std::uint64_t second = std::max(request.source_offset_bytes, request.destination_offset_bytes);
  if (second - first >= request.length_bytes) return {};
  return make_error(file,
                    fmt::format("the ranges overlap: {} bytes from offset {} and at offset {} of one zone",
                                request.length_bytes, request.source_offset_bytes, request.destination_offset_bytes));
}

/// A copy between two mounts is done by the kernel, which reads and writes; it asks neither file system to copy.
Status check_mounts(const CopyFile& source, const CopyFile& destination) {
  if (source.same_mount_as(destination)) return {};
  for (const CopyFile* file : {&source, &destination}) {
    if (!file->only_offload()) continue;
    return make_error(
        *file,
        "the two files are on different mounts, between which the kernel moves the data, and copy=offload of "
        "this one's mount forbids that",
        EXDEV);
  }
  return {};
}

}  // namespace

Result<CopyRangeRequest> make_request(const CopyFile& source, const CopyFile& destination,
                                      const CopyArguments& arguments) {
  const bool same = source.same_file_as(destination);
  if (same && !arguments.destination_offset_bytes) {
    return make_error(destination,
                      "source and destination are the same zone; to put a part of it once more behind its end, give "
                      "--destination-offset");
  }
  const Result<std::uint64_t> length = source_length(source, arguments);
  if (!length) return length.error();
  const Result<std::uint64_t> offset = destination_offset(destination, arguments);
  if (!offset) return offset.error();
  const CopyRangeRequest request{arguments.source_offset_bytes, *offset, *length};
  const Status mounts = check_mounts(source, destination);
  if (!mounts) return mounts.error();
  const Status whole_blocks = check_blocks(destination, request);
  if (!whole_blocks) return whole_blocks.error();
  const Status apart = same ? check_overlap(destination, request) : Status();
  if (!apart) return apart.error();
  const Status room = check_room(destination, request);
  if (!room) return room.error();
  return request;
}

}  // namespace zonecopy::tools
