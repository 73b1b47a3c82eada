#include "tools/clone/folder_pair.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <map>
#include <utility>

#include "tools/clone/folder.h"
#include "zonecopy/file_descriptor.h"
#include "zonecopy/gather.h"

namespace zonecopy::cloning {
namespace {

constexpr std::uint64_t read_bytes = 1U << 20;

Error make_error(int code, const char* operation, const std::string& path, std::string detail = {}) {
  return Error(code, operation, std::move(detail)).on_device(path);
}

/// A file is opened for each read: it may be another one by now, and nothing is kept open that an unmount waits for.
Status read_all(const std::string& path, std::uint64_t offset_bytes, std::span<std::byte> data) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return make_error(errno, "open", path);
  for (std::size_t done = 0; done < data.size();) {
    const auto place = static_cast<off_t>(offset_bytes + done);
    const ssize_t count = pread(file.get(), data.data() + done, data.size() - done, place);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return make_error(errno, "read", path, fmt::format("at offset {}", place));
    if (count == 0) return make_error(EIO, "read", path, fmt::format("it ends at {}: another has changed it", place));
    done += static_cast<std::size_t>(count);
  }
  return {};
}

/// What is needed to copy one file, owned by the call that does it.
struct FileCopy {
  std::string source;
  std::string destination;
  ByteRange range;
  const Watch* watch = nullptr;
};

Result<GatherReport> gather(const FileCopy& copy) {
  const Result<std::unique_ptr<Gatherer>> gatherer = Gatherer::create();
  if (!gatherer) return gatherer.error();
  const auto from = (*gatherer)->open_file(copy.source, Gatherer::Access::read);
  if (!from) return from.error();
  const auto to = (*gatherer)->open_file(copy.destination, Gatherer::Access::write);
  if (!to) return to.error();
  std::uint64_t told_bytes = 0;
  GatherOptions options;
  options.stop = copy.watch->stop;
  options.progress = [&copy, &told_bytes](const GatherProgress& progress) {
    copy.watch->copied(progress.done_bytes - told_bytes);
    told_bytes = progress.done_bytes;
  };
  const GatherRange range{*from, copy.range.begin_bytes, copy.range.end_bytes - copy.range.begin_bytes};
  const GatherDestination destination{*to, copy.range.begin_bytes};
  const Result<std::vector<GatherReport>> reports =
      (*gatherer)->gather(std::span(&range, 1), std::span(&destination, 1), options);
  if (!reports) return reports.error();
  GatherReport report = reports->front();
  if (const Status synced = (*to)->sync(); !synced && !report.error) report.error = synced.error();
  return report;
}

Copied carry_out(const FileCopy& copy) {
  Copied copied;
  const Result<GatherReport> report = gather(copy);
  if (!report) {
    copied.error = report.error();
    return copied;
  }
  copied.bytes_offloaded = report->bytes_offloaded;
  copied.bytes_kernel = report->bytes_kernel;
  copied.bytes_emulated = report->bytes_emulated;
  copied.commands = report->commands;
  copied.not_offloaded_because = report->not_offloaded_because;
  copied.error = report->error;
  if (!copied.error && report->bytes != copy.range.end_bytes - copy.range.begin_bytes) {
    copied.error = make_error(EIO, "clone", copy.destination, "it took a part of the data");
  }
  return copied;
}

Status truncate_file(const std::string& path, std::uint64_t size_bytes) {
  const FileDescriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return make_error(errno, "open", path);
  if (ftruncate(file.get(), static_cast<off_t>(size_bytes)) != 0) {
    return make_error(errno, size_bytes == 0 ? "zone reset" : "zone finish", path);
  }
  if (fsync(file.get()) != 0) return make_error(errno, "fsync", path);
  return {};
}

/// EINVAL where a file of the destination is one of the source, by a link or a bind mount of a folder below.
Status check_apart(const Side& source, const Side& destination) {
  std::map<std::pair<dev_t, ino_t>, std::string> known;
  for (const Side* side : {&source, &destination}) {
    for (const ZoneFacts& zone : side->zones) {
      const std::string path = side->name + '/' + zone.name;
      struct stat facts {};
      if (stat(path.c_str(), &facts) != 0) return make_error(errno, "stat", path);
      const auto [other, is_new] = known.emplace(std::pair(facts.st_dev, facts.st_ino), path);
      if (is_new || side == &source) continue;
      return make_error(EINVAL, "clone", path, fmt::format("it is the same file as {}", other->second));
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<FolderPair>> FolderPair::open(EventLoop& loop, const std::string& source,
                                                     const std::string& destination, const Watch& watch) {
  if (same_folder(source, destination)) {
    return make_error(EINVAL, "clone", destination, "source and destination are the same folder");
  }
  Result<Side> from = read_folder(source);
  if (!from) return from.error();
  Result<Side> to = read_folder(destination);
  if (!to) return to.error();
  const Status apart = check_apart(*from, *to);
  if (!apart) return apart.error();
  return std::make_unique<FolderPair>(loop, std::move(*from), std::move(*to), watch);
}

FolderPair::FolderPair(EventLoop& loop, Side source, Side destination, const Watch& watch)
    : loop_(loop), watch_(watch) {
  source_ = std::move(source);
  destination_ = std::move(destination);
}

std::string FolderPair::source_path(std::size_t zone) const { return source_.name + '/' + source_.zones[zone].name; }

std::string FolderPair::destination_path(std::size_t zone) const {
  return destination_.name + '/' + destination_.zones[zone].name;
}

Task<Status> FolderPair::load() { co_return Status(); }

std::uint64_t FolderPair::read_max_bytes() const { return read_bytes; }

Task<Status> FolderPair::read(std::string path, std::uint64_t offset_bytes, std::span<std::byte> data) {
  Status status;
  const std::function<int()> call = [&] {
    status = read_all(path, offset_bytes, data);
    return 0;
  };
  co_await loop_.blocking(call);
  co_return status;
}

Task<Status> FolderPair::read_source(std::size_t zone, std::uint64_t offset_bytes, std::span<std::byte> data) {
  const Status status = co_await read(source_path(zone), offset_bytes, data);
  co_return status;
}

Task<Status> FolderPair::read_destination(std::size_t zone, std::uint64_t offset_bytes, std::span<std::byte> data) {
  const Status status = co_await read(destination_path(zone), offset_bytes, data);
  co_return status;
}

Task<Result<std::uint64_t>> FolderPair::destination_end(std::size_t zone) {
  const std::string path = destination_path(zone);
  struct stat facts {};
  int code = 0;
  const std::function<int()> call = [&] {
    code = stat(path.c_str(), &facts) == 0 ? 0 : errno;
    return 0;
  };
  co_await loop_.blocking(call);
  if (code != 0) co_return make_error(code, "stat", path);
  co_return static_cast<std::uint64_t>(facts.st_size);
}

/// Each file is opened for writing when it is written; by then nothing should be in the way that is known before.
Status FolderPair::make_writable() {
  struct statvfs facts {};
  if (statvfs(destination_.name.c_str(), &facts) != 0) return make_error(errno, "statvfs", destination_.name);
  if ((facts.f_flag & ST_RDONLY) == 0) return {};
  return make_error(EROFS, "clone", destination_.name);
}

Task<Copied> FolderPair::copy(const ZoneTask& task, ByteRange range) {
  const FileCopy copy{source_path(task.source), destination_path(task.destination), range, &watch_};
  Copied copied;
  const std::function<int()> call = [&] {
    copied = carry_out(copy);
    return 0;
  };
  co_await loop_.blocking(call);
  co_return copied;
}

Task<Status> FolderPair::truncate(std::size_t zone, std::uint64_t size_bytes) {
  const std::string path = destination_path(zone);
  Status status;
  const std::function<int()> call = [&] {
    status = truncate_file(path, size_bytes);
    return 0;
  };
  co_await loop_.blocking(call);
  co_return status;
}

Task<Status> FolderPair::reset(std::size_t zone) {
  const Status status = co_await truncate(zone, 0);
  co_return status;
}

Task<Status> FolderPair::finish(std::size_t zone) {
  const std::uint64_t capacity_bytes = destination_.zones[zone].capacity_bytes;
  const Status status = co_await truncate(zone, capacity_bytes);
  co_return status;
}

/// Up to the mount: with explicit-open it closes the zone with the file.
Task<Status> FolderPair::close(std::size_t) { co_return Status(); }

/// Each file was synced when it was written, truncated or finished.
Task<Status> FolderPair::flush() { co_return Status(); }

}  // namespace zonecopy::cloning
