#include "src/gather/by_copy_file_range.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "src/gather/mount_call.h"
#include "src/gather/mount_file.h"
#include "src/gather/what_landed.h"

namespace zonecopy::gather {
namespace {

constexpr std::uint64_t compare_bytes = 1U << 20;

/// Errors that reading and writing may well be free of. EIO is what zonefs answers, since its files take no buffered
/// writes; EBADF is the answer for a destination with O_APPEND.
bool means_refused(int code) {
  return code == EINVAL || code == EXDEV || code == EOPNOTSUPP || code == ENOSYS || code == EIO || code == EBADF;
}

bool refuses(const Track& track, const Home& home) {
  return std::find(track.refused.begin(), track.refused.end(), home) != track.refused.end();
}

std::uint64_t copied_between(const zonecopy_file_info& before, const zonecopy_file_info& now) {
  return now.bytes_offloaded - before.bytes_offloaded + now.bytes_kernel - before.bytes_kernel + now.bytes_emulated -
         before.bytes_emulated;
}

/// Adds what was copied, and tells the ways apart: zonecopyfs counts them for each open file.
class Counting {
 public:
  Counting(const Work& work, Track& track)
      : work_(work), track_(track), destination_(static_cast<const MountFile&>(*track.file)) {}

  /// `failed`: the call has failed, and `bytes` are what seems to be there. Returns how many count.
  std::uint64_t add(const Part& part, std::uint64_t bytes, bool failed) {
    Copied copied;
    copied.kernel_bytes = bytes;
    const bool counted =
        destination_.kind() == MountKind::zonecopyfs && work_.source(part).home() == destination_.home();
    const std::optional<zonecopy_file_info> now = counted ? ask_file_info(destination_.fd()) : std::nullopt;
    if (now && before_) {
      // A copy within the mount is counted by it, and nothing else is for this descriptor.
      if (failed) bytes = std::min<std::uint64_t>(bytes, copied_between(*before_, *now));
      copied.offloaded_bytes = std::min<std::uint64_t>(now->bytes_offloaded - before_->bytes_offloaded, bytes);
      copied.emulated_bytes =
          std::min<std::uint64_t>(now->bytes_emulated - before_->bytes_emulated, bytes - copied.offloaded_bytes);
      copied.kernel_bytes = bytes - copied.offloaded_bytes - copied.emulated_bytes;
      track_.tally.note_reason(now->not_offloaded_because);
    } else {
      track_.tally.note_reason("copy_file_range has the kernel move the data");
    }
    before_ = now;
    track_.tally.add(GatherWay::copy_file_range, copied);
    return bytes;
  }

  void begin() {
    if (destination_.kind() == MountKind::zonecopyfs) before_ = ask_file_info(destination_.fd());
  }

 private:
  const Work& work_;
  Track& track_;
  const MountFile& destination_;
  std::optional<zonecopy_file_info> before_;
};

/// How much of `part` is in the destination though the call failed with `code`: read on both sides, as what has become
/// longer may have been written by somebody else.
std::uint64_t copied_all_the_same(const Work& work, const Part& part, Track& track, int code) {
  auto& destination = static_cast<MountFile&>(*track.file);
  if (!destination.sequential() || !may_have_written(code)) return 0;
  const Result<std::uint64_t> size_bytes = destination.size();
  const std::uint64_t end_bytes = track.tally.end_bytes();
  if (!size_bytes || *size_bytes <= end_bytes) return 0;
  const std::uint64_t length_bytes = std::min(*size_bytes - end_bytes, part.length_bytes);
  std::vector<std::byte> wanted(std::min<std::uint64_t>(length_bytes, compare_bytes));
  std::vector<std::byte> there(wanted.size());
  std::uint64_t same_bytes = 0;
  while (same_bytes < length_bytes) {
    const std::size_t length = std::min<std::uint64_t>(wanted.size(), length_bytes - same_bytes);
    const Result<std::size_t> count =
        work.source(part).read(part.offset_bytes + same_bytes, std::span(wanted).first(length));
    if (!count) break;
    const std::size_t back = destination.read_back(end_bytes + same_bytes, std::span(there).first(length));
    const std::size_t same = common_bytes(std::span(there).first(back), std::span(wanted).first(*count));
    same_bytes += same;
    if (same < length) break;
  }
  return same_bytes;
}

/// Copies one part; what is left of it when the kernel refuses, or there is an error or a stop.
Part copy_part(const Work& work, Part part, Track& track, Counting& counting, bool& refused) {
  const int source = static_cast<const MountFile&>(work.source(part)).fd();
  auto& file = static_cast<MountFile&>(*track.file);
  const int destination = file.fd();
  while (part.length_bytes > 0 && !work.stopped()) {
    const Status at_end = file.sequential() ? file.check_end(track.tally.end_bytes()) : Status();
    if (!at_end) {
      track.tally.fail(error_at(work, track, part, at_end.error().code(), at_end.error().detail()));
      break;
    }
    auto from = static_cast<off64_t>(part.offset_bytes);
    auto to = static_cast<off64_t>(track.tally.end_bytes());
    const ssize_t count = copy_file_range(source, &from, destination, &to, part.length_bytes, 0);
    const int code = count < 0 ? errno : 0;
    if (code == EINTR) continue;
    std::uint64_t bytes = count > 0 ? static_cast<std::uint64_t>(count) : copied_all_the_same(work, part, track, code);
    if (bytes > 0) bytes = counting.add(part, bytes, count < 0);
    part.offset_bytes += bytes;
    part.length_bytes -= bytes;
    if (count > 0) continue;
    refused = code != 0 && bytes == 0 && means_refused(code);
    if (refused) {
      track.tally.note_reason(fmt::format("copy_file_range: {}", strerrordesc_np(code)));
    } else if (code != 0) {
      track.tally.fail(error_at(work, track, part, code, ""));
    } else {
      track.tally.fail(error_at(work, track, part, EIO, "the file has become shorter"));
    }
    break;
  }
  return part;
}

}  // namespace

std::vector<Part> copy_by_copy_file_range(const Work& work, const std::vector<Part>& parts, Track& track) {
  Counting counting(work, track);
  counting.begin();
  for (std::size_t i = 0; i < parts.size() && track.live() && !work.stopped(); ++i) {
    const Home home = work.source(parts[i]).home();
    Part rest = parts[i];
    bool refused = refuses(track, home);
    if (!refused) {
      rest = copy_part(work, parts[i], track, counting, refused);
      if (refused) track.refused.push_back(home);
    }
    if (!refused) continue;
    std::vector<Part> left = {rest};
    left.insert(left.end(), parts.begin() + static_cast<std::ptrdiff_t>(i) + 1, parts.end());
    return left;
  }
  return {};
}

}  // namespace zonecopy::gather
