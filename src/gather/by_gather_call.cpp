#include "src/gather/by_gather_call.h"

#include <algorithm>
#include <memory>

#include "src/gather/mount_call.h"
#include "src/gather/mount_file.h"

namespace zonecopy::gather {
namespace {

void fill(const Work& work, const std::vector<Part>& parts, const Track& track, zonecopy_gather_request& request) {
  request = {};
  request.version = ZONECOPY_GATHER_VERSION;
  request.flags = ZONECOPY_GATHER_AT_OFFSET;
  if (work.only_offload) request.flags |= ZONECOPY_GATHER_ONLY_OFFLOAD;
  if (work.options.background) request.flags |= ZONECOPY_GATHER_BACKGROUND;
  request.offset_bytes = track.tally.end_bytes();
  request.count = static_cast<__u32>(std::min<std::size_t>(parts.size(), ZONECOPY_GATHER_RANGES_MAX));
  for (__u32 i = 0; i < request.count; ++i) {
    const auto& source = static_cast<const MountFile&>(work.source(parts[i]));
    request.ranges[i] = {source.inode(), parts[i].offset_bytes, parts[i].length_bytes, 0};
  }
}

/// What the errno of a gather request means.
std::string advice(const Work& work, int code, const zonecopy_gather_request& request) {
  switch (code) {
    case EACCES: return "you may not read it";
    case EBADF: return "the destination is not open for writing";
    case EFBIG: return "the zone is full";
    case EINVAL: return "the mount refuses it: a file has changed meanwhile, or another writes to the destination";
    case ENOENT: return "it is no zone file of the mount any more";
    case EPERM: return "a zone is read-only or offline";
    case EIO:
      if (work.only_offload && request.not_offloaded_because[0] != '\0') return request.not_offloaded_because;
      return "the device failed; zonecopy status and the system log say more";
    default: return {};
  }
}

void count(const zonecopy_gather_request& request, Track& track) {
  track.tally.add(GatherWay::gather_call, Copied{request.bytes_offloaded, request.bytes_kernel, request.bytes_emulated},
                  request.commands);
  track.tally.note_reason(request.not_offloaded_because);
}

}  // namespace

std::vector<Part> copy_by_gather_call(const Work& work, std::vector<Part> parts, Track& track) {
  const int fd = static_cast<const MountFile&>(*track.file).fd();
  const auto request = std::make_unique<zonecopy_gather_request>();
  while (!parts.empty() && !work.stopped()) {
    fill(work, parts, track, *request);
    const int code = send_gather(fd, *request);
    if (code == ENOTTY) return parts;
    if (code == EINTR) continue;
    if (code == 0) count(*request, track);
    parts = skip_bytes(parts, code == 0 ? request->bytes_copied : 0);
    int error = code != 0 ? code : request->error;
    if (error == 0 && request->bytes_copied == 0) error = EIO;  // or it would be asked for ever
    if (error != 0 && error != EINTR && !parts.empty()) {
      track.tally.fail(error_at(work, track, parts.front(), error, advice(work, error, *request)));
      break;
    }
  }
  return {};
}

}  // namespace zonecopy::gather
