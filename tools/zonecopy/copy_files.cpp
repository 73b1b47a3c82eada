#include "tools/zonecopy/copy_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <limits>
#include <utility>

#include "zonecopy/image.h"
#include "zonecopy/open_device.h"

namespace zonecopy::tools {
namespace {

using Access = CopyFiles::Access;

Error make_error(const std::string& path, int code, std::string detail) {
  return Error(code, "open", std::move(detail)).on_device(path);
}

/// What can be done about an error of open(2), if its reason is special to zone files.
std::string advice(int code, Access access) {
  const bool to_write = access == Access::write;
  switch (code) {
    case ENOENT:
      return to_write ? "zone files are not made by copying; name one that is there, as in MOUNT/seq" : std::string();
    case EPERM: return to_write ? "its zone is read-only or offline" : "its zone is offline";
    case EROFS: return "the mount is read-only";
    case EBUSY: return to_write ? "the device has no more open zones; close other zone files first" : std::string();
    case EMFILE: return "there are more files than this process may have open: raise 'ulimit -n'";
    default: return {};
  }
}

Error with_advice(const Error& error, Access access) {
  if (!error.detail().empty()) return error;
  Error told(error.code(), error.operation(), advice(error.code(), access));
  return told.on_device(error.device());
}

std::string name_a_zone(const std::string& path) {
  return fmt::format("name a zone of it, as in {0}#3 ('zonecopy report {0}' lists them)", path);
}

/// What `path` is, without opening it.
Result<struct stat> look_at(const std::string& path, Access access) {
  if (is_remote_device(path))
    return make_error(path, EINVAL, "this is a device, not a zone file: " + name_a_zone(path));
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return make_error(path, errno, advice(errno, access));
  if (S_ISDIR(facts.st_mode)) return make_error(path, EISDIR, "name a zone file, as in MOUNT/seq/0");
  if (S_ISBLK(facts.st_mode) || S_ISCHR(facts.st_mode)) {
    return make_error(
        path, EINVAL,
        "this is a device, not a zone file: " + name_a_zone(path) + ", mount it by zonecopyfs(8), or copy it by dd(1)");
  }
  if (!S_ISREG(facts.st_mode)) return make_error(path, EINVAL, "this is no zone file, nor another regular file");
  return facts;
}

/// An image is a regular file as well, but none whose bytes anybody would want in a zone, or changed.
Status check_no_image(const std::string& path) {
  const Result<bool> image = is_image(path);
  if (!image || !*image) return {};
  return make_error(
      path, EINVAL,
      "this is a zoned image, not a zone file: " + name_a_zone(path) + ", mount it, or copy it whole by cp(1)");
}

}  // namespace

bool CopyFile::is_zone() const { return facts.capacity_bytes != std::numeric_limits<std::uint64_t>::max(); }

CopyFiles::CopyFiles(Gatherer& gatherer) : gatherer_(gatherer) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // where it is not possible, an open fails and says so
}

bool CopyFiles::exists(const std::string& path) const {
  // What has no mount is a zone of an image: "disk.img#1" is no path, though it is the text of a source.
  const auto known = sources_.find(path);
  if (known != sources_.end() && known->second.mount) return true;
  // A '#' of its own is not part of a remote name, so that one with a zone is none.
  if (is_remote_device(path)) return path.find('#') == std::string::npos;
  struct stat facts {};
  if (stat(path.c_str(), &facts) == 0) return true;
  return errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG;
}

Result<const CopyFile*> CopyFiles::open_source(const CopyPlace& place) {
  const std::string text = place.text();
  const auto known = sources_.find(text);
  if (known != sources_.end()) return &known->second;
  const Result<CopyFile> file = open(place, Access::read);
  if (!file) return file.error();
  return &sources_.emplace(text, *file).first->second;
}

Result<CopyFile> CopyFiles::open(const CopyPlace& place, Access access) {
  CopyFile opened;
  if (place.zone) {
    Result<std::shared_ptr<GatherFile>> zone = gatherer_.open_zone(place.path, *place.zone, access);
    if (!zone) return with_advice(zone.error(), access);
    opened.file = std::move(*zone);
  } else {
    const Result<struct stat> facts = look_at(place.path, access);
    if (!facts) return facts.error();
    Result<std::shared_ptr<GatherFile>> file = gatherer_.open_file(place.path, access);
    if (!file) {
      // The library does not write to images either, but cannot say how this program names their zones.
      const Status no_image = check_no_image(place.path);
      return no_image ? with_advice(file.error(), access) : no_image.error();
    }
    opened.file = std::move(*file);
    opened.mount = facts->st_dev;
  }
  const Result<GatherFileFacts> facts = opened.file->facts();
  if (!facts) return facts.error();
  opened.facts = *facts;
  const Status no_image = place.zone || opened.is_zone() ? Status() : check_no_image(place.path);
  if (!no_image) return no_image.error();
  if (access == Access::write && !opened.is_zone()) {
    if (const Status locked = lock(place); !locked) return locked.error();
    // Whoever had it locked may have written until now.
    const Result<GatherFileFacts> now = opened.file->facts();
    if (!now) return now.error();
    opened.facts = *now;
  }
  return opened;
}

Status CopyFiles::lock(const CopyPlace& place) {
  FileDescriptor fd(::open(place.path.c_str(), O_WRONLY | O_CLOEXEC));
  struct stat facts {};
  if (!fd || fstat(fd.get(), &facts) != 0) return make_error(place.path, errno, {});
  // By another name it may be locked already: who names a file twice is told that, and not of another copy.
  const std::pair key(facts.st_dev, facts.st_ino);
  if (locks_.find(key) != locks_.end()) return {};
  // A file system without locks has none to be kept from.
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return make_error(place.path, EBUSY, "another copy is writing to it, or another program has it locked");
  }
  locks_.emplace(key, std::move(fd));
  return {};
}

}  // namespace zonecopy::tools
