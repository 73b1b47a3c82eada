#include "tools/supervise/start.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <span>
#include <thread>

#include "tools/supervise/caller.h"
#include "tools/supervise/channel.h"
#include "tools/supervise/relay.h"
#include "zonefs/host/process_start.h"

namespace zonecopy::supervise {
namespace {

Error make_error(int code, std::string detail = {}) { return Error(code, "supervise", std::move(detail)); }

// The supervisor says by a first message whether it can look into the command (0, or an errno), the command hands over
// the listener by a second, and the supervisor confirms by a third.

/// Something in the memory of a process that is to be looked into; at the same address in those that it forks.
struct Probe {
  std::byte byte{};
  int channel = -1;
};

/// For a /proc that is missing or of other processes; looking into a process has other errors.
constexpr int proc_is_not_own = ENOENT;

int try_to_look_into(pid_t command, const Probe& there) {
  if (!proc_is_own()) return proc_is_not_own;
  const Caller caller(command);
  std::byte byte{};
  errno = 0;
  const bool looked = caller.read(reinterpret_cast<std::uint64_t>(&there.byte), std::span(&byte, 1)) &&
                      caller.descriptor(there.channel);
  if (looked) return 0;
  return errno != 0 ? errno : EPERM;
}

/// Threads would have the stack that the command's limit (ulimit -s) allows, which may be more than there is.
void limit_stacks_of_threads() {
  constexpr std::size_t stack_bytes = 1U << 20;
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return;
  pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

/// Takes nothing along of what the command has: pipes are to end with it, and no folder is to stay busy. The channels
/// become the descriptors 0 and 1.
void leave_everything(int first_channel, int second_channel) {
  const int null = open("/dev/null", O_RDWR);
  dup2(first_channel, STDIN_FILENO);
  dup2(second_channel >= 0 ? second_channel : null, STDOUT_FILENO);
  dup2(null, STDERR_FILENO);
  zonefs::shed_inheritance();  // closes all others
  // Who ends a whole group of processes (a service, a session) ends the command; this one ends after it, and not before,
  // or what the command still has to do would fail.
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM}) {
    std::signal(number, SIG_IGN);
  }
  limit_stacks_of_threads();
  prctl(PR_SET_NAME, "zonecopy-run");
  if (chdir("/") != 0) return;  // then it stays where it is
}

void forget(int channel) {
  const FileDescriptor null(open("/dev/null", O_RDWR | O_CLOEXEC));
  dup2(null.get(), channel);
}

/// The supervisor's side of the start, and its work. Returns when that is done, or at once where the command's side has
/// failed, which says so.
void supervise(int channel, int look_code, SuperviseOptions options) {
  if (!send_message(channel, look_code) || look_code != 0) return;
  std::optional<Received> received = receive_message(channel);
  if (!received || !received->fd || !send_message(channel, 0)) return;
  forget(channel);
  Supervisor(Listener(std::move(received->fd)), options).run();
}

/// The command's side of it.
Status put_under_supervision(int channel) {
  const std::optional<Received> ready = receive_message(channel);
  if (!ready) return make_error(ECHILD, "the supervising process could not be started");
  if (ready->number == proc_is_not_own) {
    return make_error(ENOENT,
                      "/proc is not mounted here, or shows another process namespace (mount one: mount -t proc)");
  }
  if (ready->number != 0) {
    return make_error(ready->number, "processes may not be looked into here, as in some containers");
  }
  const Result<FileDescriptor> filter = install_filter();
  if (!filter) return filter.error();
  const bool confirmed = send_message(channel, 0, filter->get()) && receive_message(channel);
  return confirmed ? Status() : make_error(ECHILD, "the supervising process has ended");
}

/// The first way. A child of the command leaves a child of its own behind, for which nobody waits.
[[noreturn]] void leave_supervisor(int channel, const Probe& probe, SuperviseOptions options) {
  const pid_t command = getppid();
  setsid();
  const pid_t supervisor = fork();
  if (supervisor != 0) _exit(supervisor < 0 ? 1 : 0);
  const int code = try_to_look_into(command, probe);
  leave_everything(channel, -1);
  supervise(STDIN_FILENO, code, options);
  _exit(0);
}

Status supervise_from_apart(SuperviseOptions options) {
  auto channel = make_channel();
  if (!channel) return channel.error();
  auto& [mine, theirs] = *channel;
  Probe probe;
  probe.channel = mine.get();
  // As fork(2), but without SIGCHLD, which the command would find pending.
  const auto child = static_cast<pid_t>(syscall(SYS_clone, 0UL, nullptr, nullptr, nullptr, 0UL));
  if (child < 0) return make_error(errno);
  if (child == 0) leave_supervisor(theirs.get(), probe, options);
  theirs = FileDescriptor();
  while (waitpid(child, nullptr, __WALL) < 0 && errno == EINTR) continue;
  return put_under_supervision(mine.get());
}

/// Tells of the command over `channel`, and waits for all that it leaves behind, which this process adopts.
void wait_for_all(pid_t command, int channel) {
  // A SIGKILL cannot be passed on: it is seen by the other side being gone.
  std::atomic<bool> command_ended = false;
  std::thread killer([&] {
    (void)receive_message(channel);
    if (!command_ended) kill(command, SIGKILL);
  });
  int status = 0;
  while (true) {
    const pid_t ended = waitpid(-1, &status, WUNTRACED);
    if (ended < 0 && errno != EINTR) break;
    if (ended != command) continue;
    command_ended = !WIFSTOPPED(status);
    (void)send_message(channel, status);
    if (command_ended) forget(channel);
  }
  killer.join();
}

/// The second way, in the supervisor: its child returns and becomes the command.
Status supervise_child(FileDescriptor relay_channel, const sigset_t& mask, SuperviseOptions options) {
  auto channel = make_channel();
  if (!channel) return channel.error();
  auto& [mine, theirs] = *channel;
  Probe probe;
  probe.channel = theirs.get();
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  const pid_t command = fork();
  if (command < 0) return make_error(errno);
  if (command == 0) {
    relay_channel = FileDescriptor();
    mine = FileDescriptor();
    sigprocmask(SIG_SETMASK, &mask, nullptr);
    return put_under_supervision(theirs.get());
  }
  const int code = try_to_look_into(command, probe);
  setsid();
  leave_everything(mine.get(), relay_channel.get());
  (void)send_message(STDOUT_FILENO, command);
  std::thread supervisor([code, options] { supervise(STDIN_FILENO, code, options); });
  wait_for_all(command, STDOUT_FILENO);
  supervisor.join();
  _exit(0);
}

Status supervise_from_above(SuperviseOptions options) {
  auto channel = make_channel();
  if (!channel) return channel.error();
  auto& [mine, theirs] = *channel;
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t supervisor = fork();
  if (supervisor == 0) {
    mine = FileDescriptor();
    return supervise_child(std::move(theirs), before, options);
  }
  theirs = FileDescriptor();
  const std::optional<Received> command = supervisor < 0 ? std::nullopt : receive_message(mine.get());
  if (command) relay(mine.get(), command->number);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return make_error(ECHILD, "the supervising process could not be started");
}

/// Whether orphans become children of this process: so would the supervisor, and the command would see it.
bool adopts_orphans() {
  int adopts = 0;
  return getpid() == 1 || (prctl(PR_GET_CHILD_SUBREAPER, &adopts, 0, 0, 0) == 0 && adopts != 0);
}

}  // namespace

Status start_supervisor(SuperviseOptions options) {
  if (adopts_orphans()) return supervise_from_above(options);
  Status started = supervise_from_apart(options);
  // Nothing has happened to this process then: it is before the filter that a look is tried.
  const bool may_not_look = !started && started.error().code() == EPERM;
  return may_not_look ? supervise_from_above(options) : started;
}

bool can_supervise() {
  const pid_t child = fork();
  if (child == 0) _exit(start_supervisor({}) ? 0 : 1);
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace zonecopy::supervise
