// zonecopy serve: devices as namespaces of an NVMe/TCP target.
#include "tools/serve/serve.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "tools/zonecopy/command.h"
#include "tools/zonecopy/error_line.h"
#include "tools/zonecopy/json.h"
#include "zonefs/host/print.h"

namespace zonecopy::tools {
namespace {

struct ServeArguments {
  serve::ServeRequest request;
  std::uint32_t mssrl_blocks = 0;
  std::uint32_t mcl_blocks = 0;
  std::uint32_t ranges = 0;
  std::uint64_t append_bytes = 0;
  std::uint64_t transfer_bytes = 0;
  std::uint32_t queues = 0;
  std::uint32_t queue_entries = 0;
};

constexpr std::uint32_t queues_max = 128;
constexpr std::uint32_t queue_entries_min = 32;  // Linux has admin queues of so many
constexpr std::uint32_t queue_entries_max = 1024;

void print_line(const std::string& line) { write_error_line(line + "\n"); }

std::string describe(const target::Statistics& statistics) {
  Json json;
  for (const target::StatisticsField& field : target::statistics_fields()) {
    json[std::string(field.name)] = statistics.*field.value;
  }
  return json.dump();
}

void print_ready(const std::string& line) {
  zonefs::print(stdout, "{}\n", line);
  std::fflush(stdout);
}

/// A limit in bytes is at most what fits into 32 bits; what else it must be the namespace says.
std::uint32_t size_limit(std::uint64_t bytes, const char* option) {
  if (bytes > UINT32_MAX) throw WrongUsage(fmt::format("{}: {} bytes are more than a command can have", option, bytes));
  return static_cast<std::uint32_t>(bytes);
}

void check_range(std::uint32_t value, std::uint32_t min, std::uint32_t max, const char* option) {
  if (value == 0 || (value >= min && value <= max)) return;
  throw WrongUsage(fmt::format("{}: {} is not from {} to {}", option, value, min, max));
}

serve::ServeRequest request_of(const ServeArguments& arguments) {
  serve::ServeRequest request = arguments.request;
  if (request.allow_any_host && !request.host_nqns.empty()) {
    throw WrongUsage("--host-nqn and --allow-any-host exclude each other");
  }
  check_range(arguments.queues, 1, queues_max, "--max-queues");
  check_range(arguments.queue_entries, queue_entries_min, queue_entries_max, "--max-queue-depth");
  request.queues_max = static_cast<std::uint16_t>(arguments.queues);
  request.queue_entries_max = static_cast<std::uint16_t>(arguments.queue_entries);
  request.namespaces.copy_limits = {.max_ranges = arguments.ranges,
                                    .max_range_blocks = arguments.mssrl_blocks,
                                    .max_total_blocks = arguments.mcl_blocks};
  request.namespaces.max_append_bytes = size_limit(arguments.append_bytes, "--zasl");
  request.namespaces.max_transfer_bytes = size_limit(arguments.transfer_bytes, "--mdts");
  return request;
}

int run_serve(const ServeArguments& arguments) {
  const serve::ServeRequest request = request_of(arguments);
  const Status served = serve::serve(request, {.line = print_line, .ready = print_ready, .describe = describe});
  if (served) return exit_ok;
  const Error& error = served.error();
  const bool wrong_usage = error.code() == EINVAL && error.text() == one_line(error.detail());
  return wrong_usage ? fail("serve: " + error.detail(), exit_wrong_usage) : fail(error);
}

void add_limits(CLI::App& command, ServeArguments& arguments) {
  add_number_option(command, "--mssrl", arguments.mssrl_blocks, "blocks of one source range of a Copy, at most");
  add_number_option(command, "--mcl", arguments.mcl_blocks, "blocks of one Copy, at most");
  add_number_option(command, "--msrc", arguments.ranges, "source ranges of one Copy, at most (1 to 256)");
  add_size_option(command, "--zasl", arguments.append_bytes, "bytes of one Zone Append, at most");
  add_size_option(command, "--mdts", arguments.transfer_bytes, "bytes that one command moves, at most");
  add_number_option(command, "--max-queues", arguments.queues, "I/O queues of one host (16)");
  add_number_option(command, "--max-queue-depth", arguments.queue_entries, "entries of one queue (128)");
}

}  // namespace

void add_serve_command(CLI::App& app, int& exit_status) {
  auto arguments = std::make_shared<ServeArguments>();
  CLI::App* const command = app.add_subcommand("serve", "Serve devices over NVMe/TCP, as namespaces with Copy");
  command->add_option("device", arguments->request.devices, "zoned images or devices: namespaces 1, 2, ...")
      ->type_name("DEVICE")
      ->required();
  command->add_option("--listen", arguments->request.listen, "where hosts connect (127.0.0.1:4420); repeatable")
      ->type_name("ADDRESS[:PORT]");
  command->add_option("--nqn", arguments->request.nqn, "the subsystem's name; by default one made of the devices");
  command->add_option("--host-nqn", arguments->request.host_nqns, "a host that may connect; repeatable");
  command->add_option("--secret", arguments->request.secret_path, "keys that hosts prove themselves with")
      ->type_name("FILE");
  command->add_flag("--allow-any-host", arguments->request.allow_any_host, "any host that reaches it may connect");
  command->add_flag("--read-only", arguments->request.namespaces.read_only, "hosts cannot write");
  command->add_flag("--multipath", arguments->request.multipath, "one host may connect by several paths");
  command->add_flag("--emulate-copies", arguments->request.namespaces.emulate_copies,
                    "copies read and write here, also where a device copies by itself");
  add_limits(*command, *arguments);
  command->callback([arguments, &exit_status] { exit_status = run_serve(*arguments); });
}

}  // namespace zonecopy::tools
