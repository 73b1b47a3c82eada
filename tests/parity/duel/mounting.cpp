#include "tests/parity/duel/mounting.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "tests/parity/duel/program.h"

namespace parity {
namespace {

constexpr useconds_t poll_pause_us = 5000;
constexpr int mount_polls_max = 12000;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

struct KernelOptions {
  unsigned long flags = MS_RELATIME;
  std::string data;
};

KernelOptions kernel_options(const std::string& options) {
  KernelOptions result;
  std::size_t at = 0;
  while (at < options.size()) {
    const std::size_t end = std::min(options.find(',', at), options.size());
    const std::string word = options.substr(at, end - at);
    at = end + 1;
    if (word == "ro") result.flags |= MS_RDONLY;
    if (word == "ro" || word == "rw") continue;
    result.data += (result.data.empty() ? "" : ",") + word;
  }
  return result;
}

/// The helper tells its caller no errno, but words.
int errno_in(const std::string& message) {
  for (const int code : {EBUSY, EINVAL, EROFS, EPERM, EACCES, EIO, ENOENT, ENOMEM, ENOSYS, EOPNOTSUPP}) {
    if (message.find(std::strerror(code)) != std::string::npos) return code;
  }
  return EPROTO;
}

}  // namespace

void MountPlace::mount(const std::string& options) {
  if (spec_.shared) return;
  if (spec_.kind == Kind::ours) return start_daemon(options);
  const KernelOptions wanted = kernel_options(options);
  if (::mount(spec_.device.c_str(), spec_.mount_point.c_str(), "zonefs", wanted.flags, wanted.data.c_str()) != 0) {
    fail(fmt::format("zonefs does not mount {} with {}", spec_.device, options));
  }
}

/// In the foreground: then it is a child, and its exit status and last words can be had.
void MountPlace::start_daemon(const std::string& options) {
  daemon_ = start_program(
      {spec_.programs + "/zonecopyfs", spec_.device, spec_.mount_point, "-f", "-o", "strict," + options}, spec_.log);
  for (int polls = 0; polls < mount_polls_max; ++polls) {
    struct statfs facts {};
    if (statfs(spec_.mount_point.c_str(), &facts) == 0 && facts.f_type == FUSE_SUPER_MAGIC) return;
    if (waitpid(daemon_, nullptr, WNOHANG) == daemon_) break;
    usleep(poll_pause_us);
  }
  throw std::runtime_error(
      fmt::format("zonecopyfs does not mount {} with {}: see {}", spec_.device, options, spec_.log));
}

void MountPlace::unmount() {
  if (spec_.shared) return;
  if (umount2(spec_.mount_point.c_str(), 0) != 0) fail("umount " + spec_.mount_point);
  if (spec_.kind == Kind::kernel) return;
  int status = 0;
  waitpid(daemon_, &status, 0);
  daemon_ = -1;
  if (status != 0)
    throw std::runtime_error(fmt::format("zonecopyfs ended with status {:#x}: see {}", status, spec_.log));
}

Outcome MountPlace::remount(const std::string& options) {
  if (spec_.kind == Kind::kernel) {
    const KernelOptions wanted = kernel_options(options);
    return outcome_of(
        ::mount(nullptr, spec_.mount_point.c_str(), nullptr, MS_REMOUNT | wanted.flags, wanted.data.c_str()));
  }
  const ProgramResult helper =
      run_program({spec_.programs + "/mount.zonecopyfs", spec_.device, spec_.mount_point, "-o", "remount," + options});
  Outcome outcome;
  if (helper.status == 0) return outcome;
  outcome.result = -1;
  outcome.error = errno_in(helper.messages);
  return outcome;
}

void MountPlace::write_setting(const char* name, const std::string& value) const {
  std::ofstream file(fmt::format("{}/{}", spec_.fault_folder, name));
  file << value << std::flush;
  if (!file) fail(fmt::format("cannot set {} of {} to {}", name, spec_.fault_folder, value));
}

void MountPlace::spoil_zone(bool read_only, std::uint64_t sector) {
  for (const BadZone& bad : bad_zones_) {
    if (bad.sector == sector) return;
  }
  write_setting(read_only ? "zone_readonly" : "zone_offline", std::to_string(sector));
  bad_zones_.push_back({read_only, sector});
}

std::string MountPlace::counters(bool limits) const {
  std::string text;
  const std::vector<const char*> numbers = {"nr_wro_seq_files", "nr_active_seq_files"};
  const std::vector<const char*> with_limits = {"nr_wro_seq_files", "nr_active_seq_files", "max_wro_seq_files",
                                                "max_active_seq_files"};
  for (const char* name : limits ? with_limits : numbers) {
    std::array<char, 32> value{};
    if (spec_.kind == Kind::ours) {
      const std::string attribute = fmt::format("user.zonecopy.{}", name);
      if (getxattr(spec_.mount_point.c_str(), attribute.c_str(), value.data(), value.size() - 1) < 0) fail(attribute);
    } else {
      const std::string file =
          fmt::format("/sys/fs/zonefs/{}/{}", spec_.device.substr(spec_.device.rfind('/') + 1), name);
      const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
      if (fd < 0 || read(fd, value.data(), value.size() - 1) <= 0) fail(file);
      close(fd);
      if (char* end = std::strchr(value.data(), '\n'); end != nullptr) *end = '\0';
    }
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value.data());
  }
  return text;
}

FaultySectors::FaultySectors(const MountPlace& place, std::uint64_t first, std::uint64_t count) {
  if (count == 0) return;
  file_ = place.spec().fault_folder + "/badblocks";
  range_ = fmt::format("{}-{}", first, first + count - 1);
  std::ofstream(file_) << "+" << range_;
}
FaultySectors::~FaultySectors() {
  if (!range_.empty()) std::ofstream(file_) << "-" << range_;
}

}  // namespace parity
