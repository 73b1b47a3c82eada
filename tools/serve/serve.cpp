#include "tools/serve/serve.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>

#include "src/nvme/fabrics/nqn.h"
#include "src/target/dhchap_authentication.h"
#include "src/target/server.h"
#include "src/target/subsystem.h"
#include "src/tcp/key_file.h"
#include "tools/serve/identity.h"
#include "tools/serve/listeners.h"
#include "tools/serve/service_manager.h"
#include "zonecopy/open_device.h"
#include "zonefs/host/process_start.h"
#include "zonefs/host/queued_log.h"

namespace zonecopy::serve {
namespace {

Error wrong(std::string detail) {
  Error error(EINVAL, "serve", std::move(detail));
  return error.detail_says_all();
}

Status check_names(const ServeRequest& request) {
  if (!request.nqn.empty()) {
    const Status valid = nvme::fabrics::check_nqn(request.nqn);
    if (!valid) return wrong("--nqn: " + valid.error().detail());
    if (request.nqn == nvme::fabrics::discovery_nqn) return wrong("--nqn: this is the name of discovery itself");
  }
  for (const std::string& host : request.host_nqns) {
    const Status valid = nvme::fabrics::check_nqn_field(host);
    if (!valid) return wrong("--host-nqn: " + valid.error().detail());
  }
  return {};
}

/// Blocks the signals, in threads that are started later too, and makes them readable.
FileDescriptor take_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : zonefs::not_ignored({SIGINT, SIGTERM, SIGHUP, SIGUSR1})) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return FileDescriptor(signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
}

/// Hands lines to whoever prints them.
class LineSink final : public zonefs::LogSink {
 public:
  explicit LineSink(std::function<void(const std::string&)> line) : line_(std::move(line)) {}
  void write(zonefs::Severity, const std::string& message, std::time_t) override { line_(message); }

 private:
  std::function<void(const std::string&)> line_;
};

/// Writing a line never waits, whatever standard error is.
class OperatorLog {
 public:
  explicit OperatorLog(const ServeOutput& output)
      : describe_(output.describe), log_(std::make_unique<LineSink>(output.line)) {}
  void say(const std::string& text) { put("zonecopy: serve: " + one_line(text)); }
  void tell(const target::Statistics& statistics) { put(describe_(statistics)); }

 private:
  void put(const std::string& line) { log_.write(zonefs::Severity::info, line); }

  std::function<std::string(const target::Statistics&)> describe_;
  zonefs::QueuedLog log_;
};

/// Each connection is a descriptor, and a shell's limit is lower than that of the target.
void allow_many_connections() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

EventLoop::Options loop_options(const std::vector<std::string>& devices) {
  EventLoop::Options options;
  for (const std::string& device : devices) {
    const EventLoop::Options wanted = loop_options_for(device);
    options.sqe128_cqe32 = options.sqe128_cqe32 || wanted.sqe128_cqe32;
    options.entries = std::max(options.entries, wanted.entries);
  }
  return options;
}

struct Served {
  std::vector<target::NamedNamespace> namespaces;
  std::vector<Uuid> uuids;
};

Status add_namespace(EventLoop& loop, const std::string& path, const ServeRequest& request, OperatorLog& log,
                     Served& served) {
  Result<std::unique_ptr<ZonedDevice>> device =
      open_device(loop, path, OpenOptions{.read_only = request.namespaces.read_only});
  if (!device) return device.error();
  Uuid uuid = uuid_of((*device)->info());
  const bool known = std::find(served.uuids.begin(), served.uuids.end(), uuid) != served.uuids.end();
  if (known) uuid = uuid_of_twin(uuid, path);
  const auto nsid = static_cast<std::uint32_t>(served.namespaces.size() + 1);
  Result<std::unique_ptr<target::Namespace>> space =
      loop.run(target::Namespace::open(loop, nsid, std::move(*device), request.namespaces));
  if (!space) return space.error();
  for (const std::string& remark : (*space)->facts().remarks) log.say(remark);
  served.namespaces.push_back({std::move(*space), uuid});
  served.uuids.push_back(uuid);
  return {};
}

/// Nothing where hosts need not prove who they are.
Result<std::optional<nvme::fabrics::KeyList>> keys_of(const ServeRequest& request) {
  if (request.secret_path.empty()) return std::optional<nvme::fabrics::KeyList>();
  Result<nvme::fabrics::KeyList> keys = tcp::read_key_file(request.secret_path);
  if (!keys) return keys.error();
  return std::optional(std::move(*keys));
}

target::SubsystemOptions options_of(const ServeRequest& request, const Served& served, OperatorLog& log) {
  const Uuid uuid = uuid_of_subsystem(served.uuids);
  target::SubsystemOptions options;
  options.nqn = request.nqn.empty() ? nqn_of(uuid) : request.nqn;
  options.host_nqns = request.host_nqns;
  options.serial_number = serial_number_of(uuid);
  options.multipath = request.multipath;
  if (request.queues_max != 0) options.io_queues_max = request.queues_max;
  if (request.queue_entries_max != 0) options.queue_entries_max = request.queue_entries_max;
  options.log = [&log](const std::string& text) { log.say(text); };
  return options;
}

/// Waits for a signal that ends the program; the next one does so at once.
Task<void> wait_for_end(EventLoop& loop, int signals, const target::Subsystem& subsystem, OperatorLog& log) {
  while (true) {
    co_await loop.poll(signals, POLLIN);
    signalfd_siginfo received{};
    if (read(signals, &received, sizeof received) <= 0) continue;
    if (received.ssi_signo != SIGUSR1) break;
    log.tell(subsystem.statistics());
  }
}

/// Runs beside the end in order.
Task<void> end_at_once_on_signal(EventLoop& loop, int signals, const bool* ended, Event* done) {
  while (!*ended) {
    co_await loop.poll(signals, POLLIN);
    signalfd_siginfo received{};
    if (read(signals, &received, sizeof received) <= 0 || *ended || received.ssi_signo == SIGUSR1) continue;
    _exit(1);
  }
  done->set();
}

Task<target::Outcome> serve_until_signal(EventLoop& loop, target::Subsystem& subsystem, target::Server& server,
                                         int signals, OperatorLog& log) {
  co_await wait_for_end(loop, signals, subsystem, log);
  notify("STOPPING=1");
  bool ended = false;
  Event done;
  loop.spawn(end_at_once_on_signal(loop, signals, &ended, &done));
  const target::Outcome flushed = co_await server.stop();
  ended = true;
  kill(getpid(), SIGUSR1);  // wakes the one that waits for another signal
  co_await done;
  co_return flushed;
}

}  // namespace

Status serve(const ServeRequest& request, const ServeOutput& output) {
  const Status named = check_names(request);
  if (!named) return named;
  Result<std::optional<nvme::fabrics::KeyList>> keys = keys_of(request);
  if (!keys) return keys.error();
  Result<std::vector<FileDescriptor>> sockets = open_listeners(request);
  if (!sockets) return sockets.error();
  allow_many_connections();
  const FileDescriptor signals = take_signals();
  OperatorLog log(output);
  const Result<std::unique_ptr<EventLoop>> loop = EventLoop::create(loop_options(request.devices));
  if (!loop) return loop.error();
  Served served;
  for (const std::string& path : request.devices) {
    const Status added = add_namespace(**loop, path, request, log, served);
    if (!added) return added;
  }
  target::SubsystemOptions options = options_of(request, served, log);
  if (*keys) {
    options.authenticate = target::authenticate_with({std::move(**keys), system_randomness(), options.log});
  }
  target::Subsystem subsystem(**loop, std::move(options), std::move(served.namespaces));
  target::Server server(subsystem, {});
  for (FileDescriptor& socket : *sockets) {
    const std::string address = tcp::address_of(socket.get()).to_string();
    server.listen(std::move(socket));
    output.ready(fmt::format("{} on {}", subsystem.options().nqn, address));
  }
  notify("READY=1");
  const target::Outcome flushed = (*loop)->run(serve_until_signal(**loop, subsystem, server, signals.get(), log));
  log.tell(subsystem.statistics());
  if (flushed.status == 0) return {};
  return Error(EIO, "serve", "the caches could not be written: " + flushed.cause).with_nvme_status(flushed.status);
}

}  // namespace zonecopy::serve
