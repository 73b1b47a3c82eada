// mount.zonecopyfs: what mount(8) runs for `mount -t zonecopyfs`; under a name that begins with "umount", what umount(8)
// runs. mount(8) defines the command lines and exit statuses.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "zonecopy/file_descriptor.h"
#include "zonefs/host/print.h"
#include "zonefs/host/process_start.h"
#include "zonefs/host/remount.h"
#include "zonefs/host/unmount.h"
#include "zonefs/options/mount_command.h"
#include "zonefs/options/options.h"

#ifndef ZONECOPY_BIN_FROM_SBIN
#define ZONECOPY_BIN_FROM_SBIN "../bin"
#endif

namespace {

using zonecopy::Result;
using zonecopy::Status;
using zonecopy::zonefs::MountCommand;
using zonecopy::zonefs::UnmountCommand;

// mount(8), EXIT STATUS.
constexpr int exit_wrong_usage = 1;
constexpr int exit_system_error = 2;
constexpr int exit_failed = 32;

constexpr const char* mount_help =
    "Usage: mount.zonecopyfs DEVICE DIR [-sfnv] [-N NAMESPACE] [-t TYPE] [-o OPTIONS]\n"
    "\n"
    "What mount(8) runs for 'mount -t zonecopyfs DEVICE DIR'. zonecopyfs(8) has the options.\n"
    "  -f  do nothing; -s  leave out unknown options; -v  tell what is run; -n, -t  nothing\n";
constexpr const char* unmount_help =
    "Usage: umount.zonecopyfs DIR [-flnrv] [-N NAMESPACE] [-t TYPE]\n"
    "\n"
    "What umount(8) runs for a mount of zonecopyfs. It waits until the device is free.\n"
    "  -f  force; -l  lazy; -r  make it read-only if it is busy; -v  tell; -n, -t  nothing\n";

constexpr const char* daemon_name = "zonecopyfs";

std::string program_name = "mount.zonecopyfs";

int fail(int exit_status, const std::string& text) {
  zonecopy::zonefs::print(stderr, "{}: {}\n", program_name, zonecopy::one_line(text));
  return exit_status;
}

/// mount -N: a process id or the path of a namespace.
bool enter_namespace(const std::string& name) {
  const bool is_number = std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  const std::string path = is_number ? fmt::format("/proc/{}/ns/mnt", name) : name;
  const zonecopy::FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return file && setns(file.get(), CLONE_NEWNS) == 0;
}

/// The daemon: beside this program (a build directory), where both were installed, or wherever PATH has it. The links in
/// /sbin lead to this program, so that where it is says where that was.
std::string find_daemon() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return daemon_name;
  const std::filesystem::path beside = self.parent_path();
  for (const std::filesystem::path& folder : {beside, (beside / ZONECOPY_BIN_FROM_SBIN).lexically_normal()}) {
    const std::string candidate = folder / daemon_name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return daemon_name;
}

template <typename Command>
int print_about(const Command& command, const char* help) {
  if (command.show_help) zonecopy::zonefs::print("{}", help);
  else zonecopy::zonefs::print("{} {}\n", program_name, ZONECOPY_VERSION);
  return zonecopy::zonefs::finish_output(program_name, 0);
}

/// mount -s: what no version of the file system would take does not keep it from being mounted.
void drop_unknown_options(MountCommand& command) {
  const auto unknown = [](const std::string& option) {
    zonecopy::zonefs::MountOptions scratch;
    const Status parsed = zonecopy::zonefs::parse_options(option, scratch);
    if (!parsed)
      zonecopy::zonefs::print(stderr, "{}: left out: {}\n", program_name, zonecopy::one_line(parsed.error().detail()));
    return !parsed;
  };
  std::erase_if(command.options, unknown);
}

int run_daemon(const MountCommand& command) {
  const std::string daemon = find_daemon();
  const std::string options = zonecopy::zonefs::join_options(command.options);
  std::vector<std::string> words = {daemon, command.source, command.directory};
  if (!options.empty()) words.insert(words.end(), {"-o", options});
  if (command.verbose) zonecopy::zonefs::print("{}\n", fmt::join(words, " "));
  std::fflush(stdout);

  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execvp(daemon.c_str(), arguments.data());
  return fail(exit_system_error, fmt::format("cannot run {}: {}", daemon, std::strerror(errno)));
}

int run_mount(std::span<const char* const> words) {
  Result<MountCommand> command = zonecopy::zonefs::parse_mount_command(words);
  if (!command) return fail(exit_wrong_usage, command.error().detail());
  if (command->show_help || command->show_version) return print_about(*command, mount_help);
  if (command->sloppy) drop_unknown_options(*command);
  if (command->fake) return 0;
  if (!command->mount_namespace.empty() && !enter_namespace(command->mount_namespace)) {
    return fail(exit_failed, fmt::format("cannot enter the mount namespace of '{}': {}", command->mount_namespace,
                                         std::strerror(errno)));
  }
  if (!command->remount()) return run_daemon(*command);
  const Status remounted = zonecopy::zonefs::remount(*command);
  return remounted ? 0 : fail(exit_failed, remounted.error().to_string());
}

int run_unmount(std::span<const char* const> words) {
  const Result<UnmountCommand> command = zonecopy::zonefs::parse_unmount_command(words);
  if (!command) return fail(exit_wrong_usage, command.error().detail());
  if (command->show_help || command->show_version) return print_about(*command, unmount_help);
  if (!command->mount_namespace.empty() && !enter_namespace(command->mount_namespace)) {
    return fail(exit_failed, fmt::format("cannot enter the mount namespace of '{}': {}", command->mount_namespace,
                                         std::strerror(errno)));
  }
  const Status unmounted = zonecopy::zonefs::unmount(*command);
  return unmounted ? 0 : fail(exit_failed, unmounted.error().to_string());
}

}  // namespace

int main(int argc, char** argv) {
  zonecopy::zonefs::open_standard_files();
  if (argc > 0) program_name = std::filesystem::path(argv[0]).filename();
  const std::span<const char* const> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  return program_name.starts_with("umount") ? run_unmount(words) : run_mount(words);
}
