package io.llamamesh.agent.silence;

import io.llamamesh.agent.tool.ToolRefusedException;
import io.llamamesh.agent.tool.ToolRefusedException.Kind;
import io.llamamesh.results.SilencedNode;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Silenced nodes, as this agent knows them. A silence ends by itself: what is over is not shown,
 * and removed a day later, when somebody silences a node next. For all threads.
 */
public final class Silences {

  private static final Logger LOG = LoggerFactory.getLogger(Silences.class);

  /** Time for which a silence is kept that is over. */
  private static final Duration KEPT_AFTER_END = Duration.ofDays(1);

  private final SilenceStore store;
  private final Predicate<String> isMember;
  private final InstantSource clock;

  /**
   * Silences of a store.
   *
   * @param isMember whether a node of that name is known: of another, silence has no effect
   */
  public Silences(SilenceStore store, Predicate<String> isMember, InstantSource clock) {
    this.store = store;
    this.isMember = isMember;
    this.clock = clock;
  }

  /** Nodes that are silenced now, by name, at most {@value SilencedNode#MAX_SILENCED}. */
  public List<SilencedNode> active() throws ToolRefusedException, InterruptedException {
    return active(store.read());
  }

  private List<SilencedNode> active(List<SilencedNode> all) {
    Instant now = clock.instant();
    return all.stream()
        .filter(silence -> silence.problem() == null && silence.isActive(now))
        .sorted(Comparator.comparing(SilencedNode::node))
        .limit(SilencedNode.MAX_SILENCED)
        .toList();
  }

  /**
   * Silences a node, or changes how long and why it is.
   *
   * @throws ToolRefusedException when it is not silenced
   */
  public void silence(SilencedNode silence) throws ToolRefusedException, InterruptedException {
    String problem = silence.problem();
    if (problem != null) {
      throw new ToolRefusedException(Kind.INVALID, problem);
    }
    if (!isMember.test(silence.node())) {
      throw new ToolRefusedException(
          Kind.UNKNOWN, "no member that this agent knows is called " + silence.node());
    }
    List<SilencedNode> kept = store.read();
    List<SilencedNode> active = active(kept);
    boolean isNew = active.stream().noneMatch(known -> known.node().equals(silence.node()));
    if (isNew && active.size() >= SilencedNode.MAX_SILENCED) {
      throw new ToolRefusedException(
          Kind.BUSY, SilencedNode.MAX_SILENCED + " nodes are silenced, which is the most");
    }
    // By a clock that is ahead of others', one may only seem to be over.
    Instant longOver = clock.instant().minus(KEPT_AFTER_END);
    for (SilencedNode old : kept) {
      if (old.until().isBefore(longOver) && !old.node().equals(silence.node())) {
        store.remove(old.node());
      }
    }
    store.write(silence);
    LOG.info(
        "node silenced node={} until={} by=\"{}\" because=\"{}\"",
        silence.node(),
        silence.until(),
        silence.by(),
        silence.because());
  }

  /**
   * Ends a silence before its time.
   *
   * @param by who ends it
   * @throws ToolRefusedException when the node is not silenced
   */
  public void end(String node, String by) throws ToolRefusedException, InterruptedException {
    if (active().stream().noneMatch(silence -> silence.node().equals(node))) {
      throw new ToolRefusedException(Kind.UNKNOWN, node + " is not silenced");
    }
    store.remove(node);
    LOG.info("silence ended node={} by=\"{}\"", node, by);
  }
}
