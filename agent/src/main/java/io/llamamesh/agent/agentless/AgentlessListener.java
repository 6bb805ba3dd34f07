package io.llamamesh.agent.agentless;

import io.llamamesh.agent.collector.ProbePlan.Method;
import java.net.InetSocketAddress;

/** Listener of what people should know; called on the prober's thread, must return at once. */
public interface AgentlessListener {

  /** Called when a target cannot be probed from here, once for each reason. */
  void targetNotProbed(InetSocketAddress target, Method method, String reason);

  /** Called when a target that could not be probed is. */
  void targetProbed(InetSocketAddress target, Method method);

  /** Called when the thread failed; it probes no more. */
  void failed(Throwable cause);
}
