#include "tests/parity/duel/side.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

#include "tests/parity/duel/async_queue.h"

namespace parity {
namespace {

constexpr std::size_t read_memory_bytes = std::size_t{12} << 20U;
constexpr unsigned other_user_id = 1000;

/// For the calls that are made meanwhile, this process belongs to somebody without rights.
class OtherUser {
 public:
  explicit OtherUser(bool wanted) : active_(wanted && setegid(other_user_id) == 0 && seteuid(other_user_id) == 0) {}
  ~OtherUser() {
    if (!active_) return;
    if (seteuid(0) != 0 || setegid(0) != 0) std::abort();
  }
  OtherUser(const OtherUser&) = delete;
  OtherUser& operator=(const OtherUser&) = delete;

 private:
  bool active_;
};

class FileLimit {
 public:
  explicit FileLimit(std::uint64_t bytes) : active_(bytes != 0) {
    if (!active_) return;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() {
    if (active_) setrlimit(RLIMIT_FSIZE, &before_);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  bool active_;
  rlimit before_{};
};

}  // namespace

PageMemory::PageMemory(std::size_t bytes)
    : bytes_(bytes),
      data_(static_cast<std::byte*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
  if (data_ == MAP_FAILED) throw std::bad_alloc();
}
PageMemory::~PageMemory() { munmap(data_, bytes_); }

Side::Side(const MountPlace& place, const PageMemory& random_data)
    : place_(place),
      random_data_(random_data),
      read_data_(read_memory_bytes),
      fds_(slots_max, -1),
      queue_(std::make_unique<AsyncQueue>()) {}
Side::~Side() { close_all(); }

std::string Side::path(const std::string& relative) const {
  return relative.empty() ? place_.mount_point() : fmt::format("{}/{}", place_.mount_point(), relative);
}

void Side::close_all() {
  for (int& fd : fds_) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
}

Outcome Side::facts(const std::string& relative, int slot, struct stat& facts) const {
  const Outcome outcome = outcome_of(slot >= 0 ? fstat(fd(slot), &facts) : lstat(path(relative).c_str(), &facts));
  facts.st_ino = device_inode(facts.st_ino);
  return outcome;
}

Outcome Side::perform(const Step& step) {
  const FaultySectors faults(place_, step.fault ? step.fault_sector : 0, step.fault ? step.fault_sectors : 0);
  const FileLimit limit(step.file_limit);
  const OtherUser other(step.as_other_user);
  return dispatch(step);
}

Outcome Side::dispatch(const Step& step) {
  if (is_write(step.call) || is_read(step.call)) return transfer(step);
  switch (step.call) {
    case Call::open: return open(step);
    case Call::close: return close(step);
    case Call::truncate:
    case Call::ftruncate: return truncate(step);
    case Call::seek: return outcome_of(lseek(fd(step.slot), step.offset, step.flags));
    case Call::sync: return synchronise(step);
    case Call::set_flags: return outcome_of(fcntl(fd(step.slot), F_SETFL, step.flags));
    case Call::map: return map(step);
    case Call::copy:
    case Call::sendfile: return copy(step);
    case Call::chmod:
    case Call::chown:
    case Call::set_times: return change_attributes(step);
    case Call::statfs: return statistics(step);
    case Call::name: return change_name(step);
    case Call::list: return list(step);
    case Call::access: return outcome_of(faccessat(AT_FDCWD, path(step.path).c_str(), step.flags, AT_EACCESS));
    case Call::attribute: return extended_attribute(step);
    case Call::control: return control(step);
    case Call::lock: {
      constexpr int operations[] = {LOCK_SH, LOCK_EX, LOCK_UN, LOCK_SH, LOCK_EX, LOCK_UN};
      return outcome_of(flock(fd(step.slot), operations[step.flags] | LOCK_NB));
    }
    case Call::advise: return outcome_of(posix_fadvise(fd(step.slot), 0, 0, POSIX_FADV_DONTNEED));
    case Call::remount: return place_.remount(step.options);
    case Call::mount_again: return mount_again(step);
    case Call::bad_zone:
      place_.spoil_zone(step.variant == Variant::read_only, step.fault_sector);
      // What can still be read from the page cache is not the same on both sides.
      drop_caches("1");
      return {};
    case Call::drop_caches: return drop_caches("3");
    default: throw std::logic_error("a call without a function");
  }
}

Outcome Side::open(const Step& step) {
  int& slot = fds_.at(static_cast<std::size_t>(step.slot));
  if (slot >= 0) ::close(slot);
  slot = ::open(path(step.path).c_str(), step.flags | O_CLOEXEC, 0600);
  Outcome outcome = outcome_of(slot);
  // The number is this program's affair.
  if (slot >= 0) outcome.result = 0;
  return outcome;
}

Outcome Side::close(const Step& step) {
  int& slot = fds_.at(static_cast<std::size_t>(step.slot));
  const Outcome outcome = outcome_of(::close(slot));
  slot = -1;
  return outcome;
}

Outcome Side::mount_again(const Step& step) {
  close_all();
  place_.unmount();
  place_.mount(step.options);
  return {};
}

Outcome Side::drop_caches(const char* which) {
  const int file = ::open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
  if (file < 0) return {};
  sync();
  const ssize_t written = ::write(file, which, 1);
  ::close(file);
  return outcome_of(written);
}

}  // namespace parity
