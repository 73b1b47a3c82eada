#include "zonefs/host/fuse_mount.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zonefs/host/fusermount.h"
#include "zonefs/options/mount_flags.h"
#include "zonefs/options/option_list.h"

namespace zonecopy::zonefs {
namespace {

// The default flags of libfuse. Options suid and dev clear them.
constexpr unsigned long default_flags = MS_NOSUID | MS_NODEV;

std::string escaped(const std::string& text) {
  std::string result;
  for (const char character : text) {
    if (character == ',' || character == '\\') result += '\\';
    result += character;
  }
  return result;
}

Error make_error(const std::string& place, int code, std::string detail = {}) {
  return Error(code, "mount", std::move(detail)).on_device(place);
}

Result<FileDescriptor> open_fuse_device() {
  FileDescriptor device(open("/dev/fuse", O_RDWR | O_CLOEXEC));
  if (!device) return make_error("/dev/fuse", errno, errno == EMFILE ? "" : "is FUSE in this kernel (modprobe fuse)?");
  return device;
}

/// The context of a file system that is being configured (fsopen(2)), and the errors of the kernel about it.
class FileSystemContext {
 public:
  FileSystemContext() : fd_(fsopen("fuse", FSOPEN_CLOEXEC)), code_(fd_ ? 0 : errno) {}

  void set(const char* name, const std::string& value) {
    take(fd_ && fsconfig(fd_.get(), FSCONFIG_SET_STRING, name, value.c_str(), 0) == 0);
  }
  void set(const char* name) { take(fd_ && fsconfig(fd_.get(), FSCONFIG_SET_FLAG, name, nullptr, 0) == 0); }
  void create() { take(fd_ && fsconfig(fd_.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0); }

  [[nodiscard]] int fd() const { return fd_.get(); }
  /// The errno of the first call that failed; 0 if none did.
  [[nodiscard]] int code() const { return code_; }
  /// "fuse: Unknown parameter 'x'", without the letter of severity in front.
  [[nodiscard]] std::string words() const {
    char line[512];
    const ssize_t count = fd_ ? read(fd_.get(), line, sizeof line) : -1;
    if (count <= 2) return {};
    std::string text(line + 2, static_cast<std::size_t>(count) - 2);
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }

 private:
  void take(bool done) {
    if (!done && code_ == 0) code_ = errno;
  }

  FileDescriptor fd_;
  int code_ = 0;
};

/// Passes each option that is neither a general one nor handled elsewhere to the file system, its value without quotes.
/// Each is passed by a call of its own, so that a comma in a value does not separate options.
void configure(FileSystemContext& context, const std::string& source, int device_fd, unsigned long flags,
               const std::vector<std::string>& options) {
  context.set("source", source);
  context.set("subtype", "zonecopyfs");
  context.set("fd", fmt::format("{}", device_fd));
  context.set("rootmode", fmt::format("{:o}", S_IFDIR));
  context.set("user_id", fmt::format("{}", getuid()));
  context.set("group_id", fmt::format("{}", getgid()));
  context.set("default_permissions");
  for (const char* name : file_system_flags(flags)) context.set(name);
  for (const std::string& option : options) {
    const std::size_t equals = option.find('=');
    if (equals != std::string::npos) {
      const std::string name = option.substr(0, equals);
      context.set(name.c_str(), std::string(unquoted(std::string_view(option).substr(equals + 1))));
    } else if (!is_mount_flag(option) && option != "default_permissions") {
      context.set(option == "allow_root" ? "allow_other" : option.c_str());
    }
  }
}

Result<FuseMount> mount_by_kernel(const std::string& source, const MountPoint& place,
                                  const std::vector<std::string>& options) {
  FileSystemContext context;
  if (context.code() != 0) {
    return make_error(place.path, context.code(), context.code() == ENODEV ? "this kernel has no FUSE" : "");
  }
  Result<FileDescriptor> device = open_fuse_device();
  if (!device) return device.error();
  const unsigned long flags = apply_mount_flags(options, default_flags);
  configure(context, source, device->get(), flags, options);
  context.create();
  if (context.code() != 0) return make_error(place.path, context.code(), context.words());
  const FileDescriptor mounted(fsmount(context.fd(), FSMOUNT_CLOEXEC, mount_attributes(flags)));
  if (!mounted) return make_error(place.path, errno);
  const Result<MountIdentity> identity = identity_of(mounted.get());
  if (!identity) return identity.error();
  if (move_mount(mounted.get(), "", place.directory.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) !=
      0) {
    return make_error(place.path, errno);
  }
  return FuseMount{std::move(*device), *identity};
}

Result<FuseMount> mount_as_user(const std::string& source, const MountPoint& place,
                                const std::vector<std::string>& options) {
  Result<FileDescriptor> device = mount_by_fusermount(fusermount_options(source, options), place.path);
  if (!device) return device.error();
  const Result<FileDescriptor> root = open_place(place.path);
  if (!root) return root.error();
  const Result<MountIdentity> identity = identity_of(root->get());
  if (!identity) return identity.error();
  const Result<ReachedMount> reached = reach(*identity);
  if (!reached) return reached.error();
  if (!identity->is_root || !reached->entry.is_zonecopyfs() || reached->entry.source != source) {
    return make_error(place.path, ESTALE, "something else is at this path since it was mounted");
  }
  return FuseMount{std::move(*device), *identity};
}

}  // namespace

std::string fusermount_options(const std::string& source, const std::vector<std::string>& options) {
  std::string text = fmt::format("fsname={},subtype=zonecopyfs,default_permissions", escaped(source));
  for (const std::string& option : options) {
    if (is_unknown_to_fusermount(option) || option == "default_permissions") continue;
    text += "," + (option == "allow_root" ? "allow_other" : escaped(option));
  }
  return text;
}

Result<FuseMount> mount_fuse(const std::string& source, const MountPoint& place,
                             const std::vector<std::string>& options) {
  Result<FuseMount> mounted = mount_by_kernel(source, place, options);
  if (mounted || mounted.error().code() != EPERM) return mounted;
  return mount_as_user(source, place, options);
}

}  // namespace zonecopy::zonefs
