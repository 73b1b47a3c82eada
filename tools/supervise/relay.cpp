#include "tools/supervise/relay.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tools/supervise/channel.h"
#include "zonefs/host/print.h"

namespace zonecopy::supervise {
namespace {

constexpr int exit_status_unknown = 125;

/// Gets a signal as if it did not handle any.
void suffer(int number) {
  std::signal(number, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, number);
  kill(getpid(), number);
  sigprocmask(SIG_UNBLOCK, &only, nullptr);
  sigprocmask(SIG_BLOCK, &only, nullptr);
}

void follow(int status) {
  if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
  if (WIFSTOPPED(status)) return suffer(WSTOPSIG(status));
  if (!WIFSIGNALED(status)) return;
  const rlimit none{0, 0};  // the command has left its core already
  setrlimit(RLIMIT_CORE, &none);
  suffer(WTERMSIG(status));
  _exit(128 + WTERMSIG(status));
}

void pass_on(const signalfd_siginfo& signal, pid_t command) {
  const auto number = static_cast<int>(signal.ssi_signo);
  if (number == SIGCHLD) {
    while (waitpid(-1, nullptr, WNOHANG) > 0) continue;  // others that this process has adopted
    return;
  }
  // What the terminal sends goes to the command as well, which is in the same group. To continue twice does no harm.
  if (signal.ssi_code == SI_KERNEL && number != SIGCONT) return;
  kill(command, number);
}

}  // namespace

void relay(int channel, pid_t command) {
  sigset_t all;
  sigfillset(&all);
  const FileDescriptor signals(signalfd(-1, &all, SFD_CLOEXEC));
  while (true) {
    pollfd ready[] = {{channel, POLLIN, 0}, {signals.get(), POLLIN, 0}};
    if (poll(ready, 2, -1) < 0) continue;
    signalfd_siginfo signal{};
    if ((ready[1].revents & POLLIN) != 0 && read(signals.get(), &signal, sizeof signal) == sizeof signal) {
      pass_on(signal, command);
    }
    if (ready[0].revents == 0) continue;
    const std::optional<Received> status = receive_message(channel);
    if (!status) {
      zonefs::print(stderr, "zonecopy: run: the supervising process has ended; how the command ends is not known\n");
      _exit(exit_status_unknown);
    }
    follow(status->number);
  }
}

}  // namespace zonecopy::supervise
