#include "zonefs/fuse/interruption.h"

#include "zonefs/fuse/request.h"

namespace zonecopy::zonefs {
namespace {

void interrupted(fuse_req_t, void* token) { static_cast<CancelToken*>(token)->request(); }

}  // namespace

Interruption::Interruption(fuse_req_t request)
    : watch_(session_of(request).callers()), caller_(fuse_req_ctx(request)->pid) {
  const CancelToken& cut = session_of(request).cut();
  if (cut.requested()) token_.request();
  attach(&cut);
  // libfuse calls the function at once if the interrupt came before. It drops the function when the request is
  // answered, which follows the end of this object without anything in between.
  fuse_req_interrupt_func(request, interrupted, &token_);
  watch_.add(*this);
}

Interruption::~Interruption() { watch_.remove(*this); }

}  // namespace zonecopy::zonefs
