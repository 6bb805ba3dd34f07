package io.llamamesh.agent.config;

import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfigYaml;
import io.llamamesh.config.InvalidConfigException;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applier of config documents, whatever their source: maps them to plans and hands these on. A
 * document that is invalid is refused whole: the running one stays. For all threads, one document
 * at a time.
 */
public final class ConfigApplier {

  private static final Logger LOG = LoggerFactory.getLogger(ConfigApplier.class);

  /** Longest wait for new host names before the rest is probed without them. */
  private static final Duration NAMES_PATIENCE = Duration.ofSeconds(2);

  private final PlanMapper mapper;
  private final HostNames names;
  private final Consumer<ProbePlan> target;
  private final @Nullable LocalCopy copy;
  private final int legacyPort;
  private final @Nullable String hostName;
  private volatile ConfigState state = ConfigState.NONE;
  private volatile @Nullable CollectorConfig running;
  private @Nullable String text;
  private @Nullable ProbePlan plan;
  private BiConsumer<CollectorConfig, ProbePlan> listener = (config, plan) -> {};
  private Runnable removed = () -> {};

  /**
   * An applier.
   *
   * @param names resolver of the documents' host names
   * @param target takes each plan
   * @param copy keeps each good document; null for none
   * @param legacyPort the reflectors' port for documents of the legacy form
   */
  public ConfigApplier(
      PlanMapper mapper,
      HostNames names,
      Consumer<ProbePlan> target,
      @Nullable LocalCopy copy,
      int legacyPort) {
    this(mapper, names, target, copy, legacyPort, null);
  }

  /**
   * An applier that knows what this host is called.
   *
   * @param hostName tag {@code src_hostname} for documents of the legacy form; null for none
   */
  public ConfigApplier(
      PlanMapper mapper,
      HostNames names,
      Consumer<ProbePlan> target,
      @Nullable LocalCopy copy,
      int legacyPort,
      @Nullable String hostName) {
    this.mapper = mapper;
    this.names = names;
    this.target = target;
    this.copy = copy;
    this.legacyPort = legacyPort;
    this.hostName = hostName;
  }

  /**
   * Sets the listener that gets each document that runs, with its plan, and again when its names
   * resolve to other addresses.
   */
  public synchronized void onApplied(BiConsumer<CollectorConfig, ProbePlan> next) {
    listener = next;
  }

  /** Sets the callback for when there is no document any more. */
  public synchronized void onRemoved(Runnable next) {
    removed = next;
  }

  /** Present state. */
  public ConfigState state() {
    return state;
  }

  /** The running document; null when none runs. */
  public @Nullable CollectorConfig runningConfig() {
    return running;
  }

  /** Returns whether this document runs now. */
  synchronized boolean isRunning(String yaml) {
    return yaml.equals(text);
  }

  /**
   * Applies a document.
   *
   * @param origin where it came from, for people
   * @return whether it runs now
   */
  public synchronized boolean tryApply(String yaml, String origin) {
    if (isRunning(yaml)) {
      clearError();
      return true;
    }
    CollectorConfigYaml.Document document;
    try {
      document = CollectorConfigYaml.read(yaml, legacyPort, hostName);
    } catch (InvalidConfigException e) {
      refuse(origin, String.valueOf(e.getMessage()));
      return false;
    }
    String problem = mapper.problem(document.config());
    if (problem != null) {
      refuse(origin, problem);
      return false;
    }
    PlanMapper.Mapped mapped;
    try {
      names.follow(PlanMapper.hostNames(document.config()), NAMES_PATIENCE);
      mapped = mapper.map(document.config(), names::address);
      target.accept(mapped.plan());
    } catch (RuntimeException e) {
      // A document that passed all checks and still cannot be mapped: our mistake, but no reason to
      // fail and to stop measuring with the one before.
      LOG.error("config passed its checks but cannot be applied origin={}", origin, e);
      CollectorConfig before = running;
      names.follow(before == null ? Set.of() : PlanMapper.hostNames(before), Duration.ZERO);
      refuse(origin, "cannot be used: " + e);
      return false;
    }
    plan = mapped.plan();
    text = yaml;
    warnIfApiChanged(running, document.config());
    running = document.config();
    state = state.withDocument(origin, mapped.plan().size(), document.ignored(), mapped.skipped());
    writeCopy(yaml);
    notifyListener(document.config(), mapped.plan());
    LOG.info(
        "config applied origin={} pairs={} skipped={} ignoredKeys={}",
        origin,
        state.pairs(),
        state.skipped(),
        state.ignored().size());
    if (document.config().version() == null && !document.ignored().isEmpty()) {
      LOG.warn(
          "config has unknown keys, ignored as LLAMA does origin={} keys={}",
          origin,
          document.ignored());
    }
    return true;
  }

  /** Warns that the API listens where it was configured to at the start. */
  private static void warnIfApiChanged(@Nullable CollectorConfig before, CollectorConfig now) {
    if (before != null && before.version() == null && !Objects.equals(before.api(), now.api())) {
      LOG.warn("api.bind changed, restart to apply it api={}", now.api());
    }
  }

  /** Maps the running document again, after addresses of host names became known or changed. */
  public synchronized void namesChanged() {
    CollectorConfig config = running;
    if (config == null) {
      return;
    }
    PlanMapper.Mapped mapped = mapper.map(config, names::address);
    if (!mapped.plan().equals(plan)) {
      target.accept(mapped.plan());
      plan = mapped.plan();
      notifyListener(config, mapped.plan());
    }
    state = state.withPlan(mapped.plan().size(), mapped.skipped());
  }

  /**
   * Maps the running document again, as this host's own address may be another one by now. While
   * one is not known, what runs stays.
   */
  public synchronized void refreshAddresses() {
    CollectorConfig config = running;
    if (config == null || plan == null) {
      return;
    }
    PlanMapper.Mapped mapped = mapper.map(config, names::address);
    if (!mapped.plan().equals(plan) && state.skipped().containsAll(mapped.skipped())) {
      LOG.info("addresses changed, results bear the new ones pairs={}", mapped.plan().size());
      target.accept(mapped.plan());
      plan = mapped.plan();
      state = state.withPlan(mapped.plan().size(), mapped.skipped());
      notifyListener(config, mapped.plan());
    }
  }

  /** Hands on the running plan once more: what prevented a part of it may be over. */
  public synchronized void reapply() {
    if (plan != null) {
      target.accept(plan);
    }
    if (plan != null && running != null) {
      notifyListener(running, plan);
    }
  }

  /**
   * Notifies the listener; its failure ends neither what runs nor the thread of the config source.
   */
  private void notifyListener(CollectorConfig config, ProbePlan now) {
    try {
      listener.accept(config, now);
    } catch (RuntimeException e) {
      LOG.error("config listener failed", e);
    }
  }

  /** Clears the error: the newest document runs. */
  private void clearError() {
    state = state.withoutError();
  }

  /** Removes the document: probing stops, reflecting goes on. */
  public synchronized void remove(String origin) {
    deleteCopy();
    if (running == null) {
      return;
    }
    target.accept(ProbePlan.IDLE);
    names.follow(Set.of(), Duration.ZERO);
    plan = null;
    text = null;
    running = null;
    state = state.withoutDocument();
    try {
      removed.run();
    } catch (RuntimeException e) {
      LOG.error("config removal listener failed", e);
    }
    LOG.info("config removed, probing stopped origin={}", origin);
  }

  private void deleteCopy() {
    if (copy != null) {
      try {
        copy.delete();
      } catch (IOException e) {
        LOG.warn("config copy not deleted error={}", e.toString());
      }
    }
  }

  /** Refuses the newest document; the running one stays. */
  public synchronized void refuse(String origin, String why) {
    ConfigState before = state;
    state = state.withRefusal(why);
    if (!why.equals(before.error())) {
      LOG.warn("config refused, keeping the running one origin={} error={}", origin, why);
    }
  }

  private void writeCopy(String yaml) {
    if (copy != null) {
      try {
        copy.write(yaml);
      } catch (IOException e) {
        LOG.warn("config copy not written error={}", e.toString());
      }
    }
  }
}
