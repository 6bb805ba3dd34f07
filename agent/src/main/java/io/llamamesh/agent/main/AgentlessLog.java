package io.llamamesh.agent.main;

import io.llamamesh.agent.agentless.AgentlessListener;
import io.llamamesh.agent.collector.ProbePlan.Method;
import io.llamamesh.results.IpText;
import java.net.InetSocketAddress;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logger of targets that cannot be probed from here; a failed thread ends the agent, so that it is
 * restarted.
 */
final class AgentlessLog implements AgentlessListener {

  private static final Logger LOG = LoggerFactory.getLogger(AgentlessLog.class);

  private final StopSignal stop;

  AgentlessLog(StopSignal stop) {
    this.stop = stop;
  }

  @Override
  public void targetNotProbed(InetSocketAddress target, Method method, String reason) {
    LOG.warn(
        "target not probed target={} method={} error=\"{}\"",
        text(target, method),
        text(method),
        reason);
  }

  @Override
  public void targetProbed(InetSocketAddress target, Method method) {
    LOG.info("target probed again target={} method={}", text(target, method), text(method));
  }

  private static String text(InetSocketAddress target, Method method) {
    return method == Method.ICMP ? IpText.of(target.getAddress()) : IpText.of(target);
  }

  private static String text(Method method) {
    return method.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public void failed(Throwable cause) {
    LOG.error("thread of targets without an agent failed", cause);
    stop.fail();
  }
}
