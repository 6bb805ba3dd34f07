package io.llamamesh.agent.config;

import io.llamamesh.agent.kube.WatchContact;
import io.llamamesh.registration.ProbeRegistration;
import io.llamamesh.registration.RegistrationSchedule;
import io.llamamesh.registration.RegistryAnswerException;
import io.llamamesh.registration.RegistryClient;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers this agent with a registry outside Kubernetes, llama-sd's or ours, and follows the
 * config that it gives. While the registry is away the last good document runs.
 *
 * <p>Guarantees: once the registry has given a document, or said that there is none, the local copy
 * is not used any more; a document is asked for conditionally only while it runs, so that "not
 * modified" never keeps another one running.
 *
 * <p>Owns two threads, which {@link #close} ends: one asks, one waits to use the copy.
 */
public final class RegistryConfig implements ConfigSource {

  private static final Logger LOG = LoggerFactory.getLogger(RegistryConfig.class);

  /** Longest interval of requests, as of llama-sd's probes: far below a keepalive of 300 s. */
  private static final Duration EVERY = Duration.ofSeconds(30);

  /** Requests within a keepalive, so that one that is lost lets nobody be forgotten. */
  private static final int PER_KEEPALIVE = 3;

  /** Longest wait for the registry's first answer before the copy is used. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final String REGISTERED = "registered";
  private static final long END_MILLIS = 5_000;

  private static final int NOT_FOUND = 404;

  /** Status of our registry when another probe has our name. */
  private static final int CONFLICT = 409;

  private final RegistryClient client;
  private final ProbeRegistration wanted;
  private final boolean findsAddress;
  private final ConfigApplier applier;
  private final String origin;
  private final CopyFallback fallback;
  private final WatchContact contact;
  private final Runnable answered;
  private final RegistrationSchedule schedule;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread asking;

  /** The document that runs, as the registry gave it; the asking thread's alone. */
  private RegistryClient.@Nullable Config known;

  private String lastOutcome = "";

  private RegistryConfig(
      RegistryClient client,
      ProbeRegistration registration,
      boolean findsAddress,
      ConfigApplier applier,
      @Nullable LocalCopy copy,
      WatchContact contact,
      Runnable answered,
      RegistrationSchedule schedule,
      Duration patience) {
    this.client = client;
    this.wanted = registration;
    this.findsAddress = findsAddress;
    this.applier = applier;
    this.contact = contact;
    this.answered = answered;
    this.schedule = schedule;
    this.origin = "registry " + client.server();
    this.asking = Thread.ofPlatform().name("registry").unstarted(this::follow);
    this.fallback =
        new CopyFallback(
            applier,
            copy,
            origin,
            () -> applier.runningConfig() == null,
            patience,
            "registry-copy");
  }

  /**
   * Starts registering; returns at once.
   *
   * @param findsAddress whether it registers its own address where the registry sees another, so
   *     that only those at its site probe it
   * @param copy used when the registry does not answer in time; null for none
   * @param contact records each answer with the config, or that it has not changed
   * @param answered called after each such answer, once what it says is applied
   */
  public static RegistryConfig start(
      RegistryClient client,
      ProbeRegistration registration,
      boolean findsAddress,
      ConfigApplier applier,
      @Nullable LocalCopy copy,
      WatchContact contact,
      Runnable answered) {
    return start(
        client,
        registration,
        findsAddress,
        applier,
        copy,
        contact,
        answered,
        new RegistrationSchedule(period(registration.keepaliveSeconds()), new SecureRandom()),
        PATIENCE);
  }

  /** Interval of requests for a keepalive: a short one asks for more of them. */
  static Duration period(int keepaliveSeconds) {
    Duration part = Duration.ofSeconds(keepaliveSeconds).dividedBy(PER_KEEPALIVE);
    return part.compareTo(EVERY) < 0 ? part : EVERY;
  }

  /**
   * @param patience longest wait for the first answer before the copy is used
   */
  static RegistryConfig start(
      RegistryClient client,
      ProbeRegistration registration,
      boolean findsAddress,
      ConfigApplier applier,
      @Nullable LocalCopy copy,
      WatchContact contact,
      Runnable answered,
      RegistrationSchedule schedule,
      Duration patience) {
    RegistryConfig config =
        new RegistryConfig(
            client,
            registration,
            findsAddress,
            applier,
            copy,
            contact,
            answered,
            schedule,
            patience);
    config.fallback.start();
    config.asking.start();
    return config;
  }

  private void follow() {
    try {
      Duration wait;
      do {
        wait = tryRegister() ? schedule.delayAfterAnswer() : schedule.delayAfterFailure();
        refreshAddresses();
      } while (!stop.await(wait.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** This host's own address may be another one, which no document shows. */
  private void refreshAddresses() {
    try {
      applier.refreshAddresses();
    } catch (RuntimeException e) {
      LOG.error("addresses not refreshed origin={}", origin, e);
    }
  }

  /** Registers and asks for the config once; the outcome is logged when it changes. */
  private boolean tryRegister() {
    boolean acknowledged = false;
    try {
      ProbeRegistration registration = registration();
      RegistryClient.Receipt receipt = client.register(registration);
      acknowledged = true;
      RegistryClient.Config fresh = client.config(registration, known);
      contact.answered();
      fallback.markDecided();
      applyConfig(fresh);
      answered.run();
      if (receipt.notice().isEmpty()) {
        logRegistered(receipt.site());
      } else {
        reportOutcome("registered, but not as it is: " + receipt.notice());
      }
      return true;
    } catch (RegistryAnswerException e) {
      if (e.status() == CONFLICT) {
        // Two probes under one name would be one to all who read the results.
        fallback.markDecided();
        known = null;
        applier.remove(origin);
      } else {
        fallback.applyUnlessDecided();
      }
      reportOutcome(
          "refused, retrying: "
              + e.getMessage()
              + (acknowledged && e.status() == NOT_FOUND
                  ? "; it acknowledged the registration just before: several registries behind"
                      + " one name do not know each other's probes, leave one"
                  : ""));
    } catch (IOException e) {
      fallback.applyUnlessDecided();
      reportOutcome("failed, retrying: " + e.getMessage());
    } catch (RuntimeException e) {
      // A mistake of ours in one round must not end registering for good.
      LOG.error("registration failed unexpectedly origin={}", origin, e);
    } finally {
      fallback.endWait();
    }
    contact.failed();
    return false;
  }

  /** The registration from where this host is now. */
  private ProbeRegistration registration() throws IOException {
    if (!findsAddress) {
      return wanted;
    }
    try {
      return wanted.withIp(client.translatedAddress());
    } catch (RegistryAnswerException e) {
      // A server without that route: it takes the address that it sees.
      LOG.debug("the registry does not tell where we come from", e);
      return wanted;
    }
  }

  /**
   * Logs who probes this agent, when it changes.
   *
   * @param site address of the site whose probes alone do; empty where all do
   */
  private void logRegistered(String site) {
    String outcome = REGISTERED + site;
    if (!lastOutcome.equals(outcome)) {
      LOG.info(
          "registered origin={} group={} probedBy={}",
          origin,
          wanted.group(),
          site.isEmpty()
              ? "all"
              : "\"those behind "
                  + site
                  + " only; others cannot reach it: forward its port and say --reachable\"");
    }
    lastOutcome = outcome;
  }

  /**
   * Applies the registry's config.
   *
   * @param fresh null where it has not changed
   */
  private void applyConfig(RegistryClient.@Nullable Config fresh) {
    RegistryClient.Config wanted = fresh == null ? known : fresh;
    if (wanted != null) {
      // One that does not run is requested again in full: what prevented it may pass.
      known = applier.tryApply(wanted.yaml(), origin) ? wanted : null;
    }
  }

  /**
   * Logs an outcome when it changes; where nothing runs the agent is not ready, with that reason.
   */
  private void reportOutcome(String outcome) {
    if (outcome.equals(lastOutcome) || stop.getCount() == 0) {
      return;
    }
    lastOutcome = outcome;
    LOG.warn("registration {} origin={} group={}", outcome, origin, wanted.group());
    if (applier.runningConfig() == null) {
      applier.refuse(origin, outcome);
    }
  }

  /** Registers no more; its entry leaves by its keepalive. */
  @Override
  public void close() {
    stop.countDown();
    fallback.stop();
    try {
      asking.join(END_MILLIS);
      fallback.join(END_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
