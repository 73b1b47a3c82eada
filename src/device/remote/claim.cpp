#include "src/device/remote/claim.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <span>

#include "src/nvme/fabrics/digest.h"

namespace zonecopy::remote {
namespace {

Error make_error(const std::string& path, int code, std::string detail) {
  Error error(code, "open", std::move(detail));
  return error.on_device(path);
}

/// A name without "/" for each identity, and another one for another identity.
std::string file_name(const std::string& identity) {
  std::string name = "zonecopy-";
  for (const char letter : identity) {
    const bool plain = (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                       (letter >= 'A' && letter <= 'Z') || letter == '-' || letter == '.';
    name += plain ? std::string(1, letter) : fmt::format("%{:02x}", static_cast<unsigned char>(letter));
  }
  constexpr std::size_t name_max = 250;  // NAME_MAX is 255
  if (name.size() <= name_max) return name;
  // Long ones are NQNs: what is cut off still has to tell them apart.
  const auto bytes = std::as_bytes(std::span(identity));
  return name.substr(0, name_max - 9) + fmt::format("-{:08x}", nvme::fabrics::digest_of(bytes));
}

/// Opens the file, and makes it where it is not there. It is not opened for making where it is: in a folder that all may
/// write to, Linux refuses that for files of other users (fs.protected_regular).
FileDescriptor open_file(const std::string& path) {
  constexpr int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  constexpr mode_t all_read = 0444;
  FileDescriptor file(open(path.c_str(), flags));
  if (file || errno != ENOENT) return file;
  file = FileDescriptor(open(path.c_str(), flags | O_CREAT | O_EXCL, all_read));
  if (!file && errno == EEXIST) file = FileDescriptor(open(path.c_str(), flags));
  if (file) fchmod(file.get(), all_read);  // whatever the umask: others have to be able to lock it
  return file;
}

}  // namespace

Result<Claim> Claim::take(const std::string& identity, const std::string& path, bool read_only,
                          const std::vector<std::string>& folders) {
  std::string name;
  FileDescriptor file;
  for (const std::string& folder : folders) {
    name = folder + "/" + file_name(identity);
    file = open_file(name);
    const bool no_place = !file && (errno == ENOENT || errno == EACCES || errno == EROFS);
    if (!no_place) break;
  }
  if (!file) {
    return make_error(path, errno, fmt::format("the lock file {} cannot be opened", name));
  }
  if (flock(file.get(), (read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0) return Claim(std::move(file));
  if (errno != EWOULDBLOCK) return make_error(path, errno, fmt::format("the lock file {} cannot be locked", name));
  return make_error(path, EBUSY, "another program of this machine has it open");
}

Status Claim::make_exclusive(const std::string& path) {
  if (!file_) return {};
  if (flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  // A lock that cannot be changed is lost (flock(2)). Nobody can have taken an exclusive one but in this moment.
  if (flock(file_.get(), LOCK_SH | LOCK_NB) == 0) return make_error(path, EBUSY, "other programs have it open");
  return make_error(path, EBUSY, "another program of this machine has it open");
}

}  // namespace zonecopy::remote
