// zonecopyfs: mounts a zoned device as one file per zone.
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <exception>
#include <filesystem>
#include <memory>

#include "zonecopy/event_loop.h"
#include "zonecopy/file_descriptor.h"
#include "zonecopy/open_device.h"
#include "zonefs/core/mount.h"
#include "zonefs/fuse/session.h"
#include "zonefs/host/daemon.h"
#include "zonefs/host/log_sinks.h"
#include "zonefs/host/mount_point.h"
#include "zonefs/host/mount_table.h"
#include "zonefs/host/print.h"
#include "zonefs/host/process_start.h"
#include "zonefs/host/queued_log.h"
#include "zonefs/options/command_line.h"
#include "zonefs/programs/mount_devices.h"

namespace zonecopy::zonefs {
namespace {

constexpr const char* help_text =
    "usage: zonecopyfs [--concat] DEVICE... MOUNTPOINT [-f] [-o OPTION[,OPTION]...]\n"
    "\n"
    "Mounts DEVICE (an NVMe ZNS namespace, a zoned block device or a zoned image) that\n"
    "mkfs.zonecopyfs has formatted, with one file per zone. Of several devices each has\n"
    "a folder, and copies between them take the best way there is.\n"
    "\n"
    "  -f                        stay in the foreground and log to standard error\n"
    "  --concat                  several equal devices are one long device\n"
    "  -o errors=POLICY          remount-ro (default), zone-ro, zone-offline or repair\n"
    "  -o explicit-open          open zones while their files are open for writing\n"
    "  -o strict                 refuse buffered writes to sequential files, as the kernel's zonefs\n"
    "  -o copy=MODE              auto (default), offload (fail where it cannot be) or emulate\n"
    "  -o copy_max_ranges=N      lower the device's limits of one Copy command\n"
    "  -o copy_max_bytes=SIZE\n"
    "  -o copy_depth=N           reads in flight for an emulated copy\n"
    "  -o device=KIND            nvme (passthrough) or block; by default what the device allows\n"
    "  -o cross-namespace=MODE   auto (default) or off: Copy from one namespace to another\n"
    "  -o with=DEVICE            one more device, as if it were given above\n"
    "  -o names=NAME:NAME...     the folders of several devices; by default the labels,\n"
    "                            else 0, 1, ...\n"
    "  -o readonly=DEVICE        do not write this one of several devices\n"
    "  -o log=FILE               append messages to FILE instead\n"
    "  -o ro                     mount read-only\n"
    "  -h, --help                this text\n"
    "  -V, --version             the version\n"
    "\n"
    "Unmount with umount(8). zonecopyfs(8) tells the rest.\n";

std::string failure_line(const Error& error) { return fmt::format("zonecopyfs: {}", error.to_string()); }

int fail(const Error& error) {
  print(stderr, "{}\n", failure_line(error));
  return 1;
}

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// The first signal unmounts and lets open files be used to their end. The second does not wait for them. The third
// exits at once, in case the daemon hangs.
constexpr int signals_for_exit = 3;

/// SIGINT, SIGTERM and SIGHUP unmount.
Task<void> unmount_on_signal(EventLoop& loop, Session& session, int signal_fd, QueuedLog& log, const bool* ended,
                             Event* done) {
  int asked = 0;
  while (!*ended) {
    co_await loop.poll(signal_fd, POLLIN);
    signalfd_siginfo received{};
    if (*ended || read(signal_fd, &received, sizeof received) <= 0) continue;
    if (received.ssi_signo == SIGUSR2) continue;  // sent at the end, to wake this loop
    log.write(Severity::info, fmt::format("signal {}: unmounting", received.ssi_signo));
    // The unmount may take long, so that a further signal can make it faster.
    if (++asked >= signals_for_exit) {
      log.flush();
      _exit(1);
    }
    loop.spawn(session.end());
  }
  done->set();
}

/// Blocks the signals in this thread, and so in those that it starts, and makes them readable. To be called before any
/// other thread is there: one that does not block them would be killed by them, and the process with it. Those that are
/// ignored stay so; blocked, they would be delivered all the same.
FileDescriptor take_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : not_ignored({SIGINT, SIGTERM, SIGHUP, SIGUSR2})) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return FileDescriptor(signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
}

Task<Status> serve_until_unmounted(EventLoop& loop, Mount& mounted, Session& session, int signal_fd, QueuedLog& log) {
  bool ended = false;
  Event signals_done;
  loop.spawn(unmount_on_signal(loop, session, signal_fd, log, &ended, &signals_done));
  co_await session.serve();
  ended = true;
  kill(getpid(), SIGUSR2);
  co_await signals_done;
  const Status unmounted = co_await mounted.unmount(loop);
  co_return unmounted;
}

MountRequest request_of(const CommandLine& line) {
  MountRequest request;
  request.devices.push_back(line.device);
  request.devices.insert(request.devices.end(), line.options.devices.with.begin(), line.options.devices.with.end());
  request.options = line.options;
  request.options.owner_uid = geteuid();
  request.options.owner_gid = getegid();
  return request;
}

Task<Status> run_mount(EventLoop& loop, std::vector<std::unique_ptr<ZonedDevice>> devices, const CommandLine& line,
                       MountPoint place, Launch& launch, int signal_fd, QueuedLog& log) {
  Result<MountedDevices> mounted = co_await mount_devices(loop, std::move(devices), request_of(line), log, now_ns);
  if (!mounted) co_return mounted.error();
  SessionOptions session_options;
  session_options.device_path = line.device;
  session_options.place = std::move(place);
  session_options.allow_other = geteuid() == 0;
  Launch* waiting = &launch;
  Mount& mount = *mounted->mount;
  Result<std::unique_ptr<Session>> session =
      Session::mount(loop, mount, log, std::move(session_options), [waiting] { waiting->succeed(); });
  if (!session) co_return session.error();
  const Status served = co_await serve_until_unmounted(loop, mount, **session, signal_fd, log);
  co_return served;
}

Result<std::unique_ptr<LogSink>> make_log_sink(const CommandLine& line) {
  const std::string prefix = fmt::format("zonecopyfs ({})", one_line(line.device));
  if (!line.options.log_file.empty()) return FileLog::open(line.options.log_file, prefix);
  if (line.foreground) return std::unique_ptr<LogSink>(std::make_unique<StandardErrorLog>(prefix));
  return std::unique_ptr<LogSink>(std::make_unique<SystemLog>(prefix));
}

Status run_to_the_end(const CommandLine& line, MountPoint place, Launch& launch, QueuedLog& log) {
  const FileDescriptor signals = take_signals();
  reserve_heap();
  EventLoop::Options loop_options = loop_options_for(line.device);
  for (const std::string& device : line.options.devices.with) {
    loop_options.sqe128_cqe32 = loop_options.sqe128_cqe32 || loop_options_for(device).sqe128_cqe32;
  }
  Result<std::unique_ptr<EventLoop>> loop = EventLoop::create(loop_options);
  if (!loop) return loop.error();
  Result<std::vector<std::unique_ptr<ZonedDevice>>> devices = open_devices(**loop, request_of(line));
  if (!devices) return devices.error();
  return (*loop)->run(run_mount(**loop, std::move(*devices), line, std::move(place), launch, signals.get(), log));
}

/// Names that hold everywhere: /proc/mounts shows the first, and a daemon changes its working directory.
Status make_names_canonical(CommandLine& line) {
  std::vector<std::string*> names = {&line.device};
  for (std::string& name : line.options.devices.with) names.push_back(&name);
  for (std::string& name : line.options.devices.read_only) names.push_back(&name);
  for (std::string* const name : names) {
    const Result<std::string> canonical = canonical_device_name(*name);
    if (!canonical) return canonical.error();
    *name = *canonical;
  }
  return {};
}

int run(CommandLine line) {
  shed_inheritance();
  const Status named = make_names_canonical(line);
  if (!named) return fail(named.error());
  Result<MountPoint> place = prepare_mount_point(line.mount_point);
  if (!place) return fail(place.error());
  if (!line.options.log_file.empty()) {
    std::error_code failure;
    const std::filesystem::path path = std::filesystem::absolute(line.options.log_file, failure);
    if (failure) return fail(Error(failure.value(), "open log").on_device(line.options.log_file));
    line.options.log_file = path.lexically_normal().string();
  }
  // Opened now, as a relative path would change its meaning when the daemon changes its working directory.
  Result<std::unique_ptr<LogSink>> sink = make_log_sink(line);
  if (!sink) return fail(sink.error());
  QueuedLog log(std::move(*sink));
  Launch launch = line.foreground ? Launch::in_foreground() : Launch::in_background();
  try {
    const Status ended = run_to_the_end(line, std::move(*place), launch, log);
    if (ended) return 0;
    log.flush();  // what led to it comes before
    launch.fail(failure_line(ended.error()));
  } catch (const std::exception& failure) {  // no memory, or a kernel that takes no more work
    log.write(Severity::error, failure.what());
    log.flush();
    launch.fail(fmt::format("zonecopyfs: {}", failure.what()));
  }
  return 1;
}

}  // namespace
}  // namespace zonecopy::zonefs

int main(int argc, char** argv) {
  using namespace zonecopy::zonefs;
  open_standard_files();
  const auto line = parse_command_line(std::span<const char* const>(argv + (argc > 0 ? 1 : 0), argv + argc));
  if (!line) {
    print(stderr, "zonecopyfs: {}\n", zonecopy::one_line(line.error().detail()));
    return 1;
  }
  if (line->help) {
    print("{}", help_text);
    return finish_output("zonecopyfs", 0);
  }
  if (line->version) {
    print("zonecopyfs {}\n", ZONECOPY_VERSION);
    return finish_output("zonecopyfs", 0);
  }
  return run(*line);
}
