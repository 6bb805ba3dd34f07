package io.llamamesh.agent.config;

import io.llamamesh.agent.kube.WatchContact;
import io.llamamesh.registration.Phase;
import io.llamamesh.registration.ProbeRegistration;
import io.llamamesh.registration.RegistryAnswerException;
import io.llamamesh.registration.RegistryClient;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers this agent with a registry outside Kubernetes, llama-sd's or ours, and follows the
 * config that it gives. While the registry is away the last good document runs.
 *
 * <p>Owns one thread, which {@link #close} ends.
 */
public final class RegistryConfig implements ConfigSource {

  private static final Logger LOG = LoggerFactory.getLogger(RegistryConfig.class);

  /** How often llama-sd's probes ask: what keeps a keepalive of 300 s far from its end. */
  private static final Duration EVERY = Duration.ofSeconds(30);

  /** How long the registry may take to give the first document before the copy is used. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final String REGISTERED = "registered";
  private static final long END_MILLIS = 5_000;

  /** Another probe has our name, by our registry. */
  private static final int CONFLICT = 409;

  private final RegistryClient client;
  private final ProbeRegistration registration;
  private final ConfigApplier applier;
  private final @Nullable LocalCopy copy;
  private final String origin;
  private final WatchContact contact;
  private final Phase phase;
  private final CompletableFuture<Void> first = new CompletableFuture<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private RegistryClient.@Nullable Config known;
  private String told = "";

  private RegistryConfig(
      RegistryClient client,
      ProbeRegistration registration,
      ConfigApplier applier,
      @Nullable LocalCopy copy,
      WatchContact contact,
      Phase phase) {
    this.client = client;
    this.registration = registration;
    this.applier = applier;
    this.copy = copy;
    this.contact = contact;
    this.phase = phase;
    this.origin = "registry " + client.server();
    this.thread = Thread.ofPlatform().name("registry").unstarted(this::follow);
  }

  /**
   * Starts registering; returns at once.
   *
   * @param copy used when the registry does not answer in time; null for none
   * @param contact is told whenever the registry gives the config or says that it is the same
   */
  public static RegistryConfig start(
      RegistryClient client,
      ProbeRegistration registration,
      ConfigApplier applier,
      @Nullable LocalCopy copy,
      WatchContact contact) {
    return start(
        client, registration, applier, copy, contact, new Phase(EVERY, new SecureRandom()));
  }

  static RegistryConfig start(
      RegistryClient client,
      ProbeRegistration registration,
      ConfigApplier applier,
      @Nullable LocalCopy copy,
      WatchContact contact,
      Phase phase) {
    RegistryConfig config = new RegistryConfig(client, registration, applier, copy, contact, phase);
    var _ =
        config
            .first
            .copy()
            .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
            .whenComplete((done, late) -> {
              if (late != null) {
                config.fromCopy();
              }
            });
    config.thread.start();
    return config;
  }

  private void follow() {
    try {
      Duration wait;
      do {
        wait = attempt() ? phase.afterAnswer() : phase.afterFailure();
      } while (!stop.await(wait.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Registers and asks for the config once; what comes of it is told when it changes. */
  private boolean attempt() {
    try {
      String notice = client.register(registration);
      RegistryClient.Config fresh = client.config(registration, known);
      contact.answered();
      first.complete(null);
      if (fresh != null) {
        applier.apply(fresh.yaml(), origin);
        known = fresh;
      }
      if (notice.isEmpty()) {
        if (!told.equals(REGISTERED)) {
          LOG.info("registered origin={} group={}", origin, registration.group());
        }
        told = REGISTERED;
      } else {
        tell("registered, but not as it is: " + notice);
      }
      return true;
    } catch (RegistryAnswerException e) {
      first.complete(null);
      if (e.status() == CONFLICT) {
        // Two that measure under one name would be one to all who read the results.
        known = null;
        applier.remove(origin);
      } else {
        fromCopy();
      }
      tell("refused, tried again: " + e.getMessage());
    } catch (IOException e) {
      first.complete(null);
      fromCopy();
      tell("failed, tried again: " + e.getMessage());
    } catch (RuntimeException e) {
      // A mistake of ours in one round must not end registering for good.
      LOG.error("registering failed origin={}", origin, e);
    }
    contact.failed();
    return false;
  }

  /** Once, until it is another; where nothing runs the agent is not ready, and says why. */
  private void tell(String outcome) {
    if (outcome.equals(told) || stop.getCount() == 0) {
      return;
    }
    told = outcome;
    LOG.warn("registration {} origin={} group={}", outcome, origin, registration.group());
    if (applier.running() == null) {
      applier.refuse(origin, outcome);
    }
  }

  private void fromCopy() {
    if (copy == null || applier.state().applied() > 0) {
      return;
    }
    try {
      copy.read().ifPresent(yaml -> applier.apply(yaml, "copy of " + origin));
    } catch (IOException e) {
      LOG.warn("config copy not readable error={}", e.toString());
    }
  }

  /** Registers no more; its entry leaves by its keepalive. */
  @Override
  public void close() {
    stop.countDown();
    first.complete(null);
    try {
      thread.join(END_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
