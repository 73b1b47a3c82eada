// The table of operations that libfuse calls. Each decodes a request, calls the file system and answers once. None of
// them makes decisions about files.
#include "zonefs/fuse/request.h"

namespace zonecopy::zonefs {
namespace {

Task<void> guarded(Session& session, Task<void> handler) {
  const GatePass pass(session.requests());
  co_await handler;
}

void op_init(void* user_data, fuse_conn_info* connection) {
  auto& session = *static_cast<Session*>(user_data);
  session.configure(*connection);
  session.ready();
}

}  // namespace

void begin(fuse_req_t request, Task<void> handler) {
  Session& session = session_of(request);
  session.loop().spawn(guarded(session, std::move(handler)));
}

const fuse_lowlevel_ops& session_operations() {
  static const fuse_lowlevel_ops operations = [] {
    fuse_lowlevel_ops table{};
    table.init = op_init;
    add_name_operations(table);
    add_refusals(table);
    add_file_operations(table);
    add_copy_operation(table);
    add_ioctl_operation(table);
    add_extended_attribute_operations(table);
    // lseek and access are left out on purpose: the kernel then answers itself, as it does for zonefs.
    return table;
  }();
  return operations;
}

}  // namespace zonecopy::zonefs
