// Serves devices over NVMe/TCP until a signal ends it: what `zonecopy serve` does.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "src/target/namespace.h"
#include "src/target/statistics.h"
#include "zonecopy/result.h"

namespace zonecopy::serve {

struct ServeRequest {
  std::vector<std::string> devices;
  std::vector<std::string>
      listen;       ///< "ADDRESS:PORT"; empty: what the service manager passes, else the loopback address
  std::string nqn;  ///< empty: one made of the devices
  std::vector<std::string> host_nqns;
  bool allow_any_host = false;
  bool multipath = false;   ///< one host may connect by several paths
  std::string secret_path;  ///< of keys that hosts prove themselves with; empty: they need not
  target::NamespaceOptions namespaces;
  std::uint16_t queues_max = 0;         ///< of one host; 0: the usual number
  std::uint16_t queue_entries_max = 0;  ///< the same
};

/// What the caller does with what it is told.
struct ServeOutput {
  /// Writes a line for the operator. Called on a thread of its own, so that it may block.
  std::function<void(const std::string&)> line;
  std::function<void(const std::string&)> ready;  ///< a line for each address, once hosts are served there
  /// The line that tells the counters, on SIGUSR1 and at the end.
  std::function<std::string(const target::Statistics&)> describe;
};

/// Returns when SIGTERM, SIGINT or SIGHUP has come and everything has ended in order; a second one ends the process at
/// once. EINVAL that says all (Error::detail_says_all) is wrong usage. Nothing is opened unless all that can be checked
/// before is right. No other thread may be there when it is called.
Status serve(const ServeRequest& request, const ServeOutput& output);

}  // namespace zonecopy::serve
