package io.llamamesh.operator.keys;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.keys.KeyService;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serving of keys of nodes, from the first mesh that has them until {@link #close}: the server, its
 * certificate, and what there is to hand out. An operator without such a mesh opens no port and
 * asks for no Secret.
 *
 * <p>Any thread may call.
 */
public final class KeyServing implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(KeyServing.class);
  private static final Duration CHECK_EVERY = Duration.ofHours(1);

  private final KeyServerOptions options;
  private final TokenReviewer reviewer;
  private final AuthorityStore store;
  private final MeterRegistry registry;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, MeshKeyMaterial> meshes = new ConcurrentHashMap<>();
  private @Nullable ServerAuthority authority;
  private @Nullable Instant checked;
  private @Nullable Instant renewFrom;
  private @Nullable KeyServer server;
  private boolean closed;

  /**
   * @param client reviews tokens and keeps the authority; stays the caller's
   * @param registry takes the meters; stays the caller's
   */
  public KeyServing(
      KubernetesClient client,
      KeyServerOptions options,
      MeterRegistry registry,
      InstantSource clock) {
    this.options = options;
    this.registry = registry;
    this.clock = clock;
    this.reviewer = new KubernetesTokenReviewer(client);
    this.store =
        new AuthorityStore(client, options.secretNamespace(), options.secretName(), random);
  }

  /**
   * Serves, where it does not yet, by a certificate that has not ended.
   *
   * @return the server's authority, PEM
   * @throws IOException where the port cannot be bound, or the authority not be used
   * @throws io.fabric8.kubernetes.client.KubernetesClientException where the API server refuses
   */
  public synchronized String ensure(Instant now) throws IOException {
    if (closed) {
      throw new IOException("the operator is stopping");
    }
    ServerAuthority current = authority;
    Instant last = checked;
    if (current == null || last == null || !now.isBefore(last.plus(CHECK_EVERY))) {
      ServerAuthority next = store.load(now);
      if (current == null || !next.pem().equals(current.pem())) {
        renewFrom = null;
      }
      current = next;
      authority = next;
      checked = now;
    }
    Instant due = renewFrom;
    if (due == null || !now.isBefore(due)) {
      serve(current, now);
    }
    return current.pem();
  }

  private void serve(ServerAuthority current, Instant now) throws IOException {
    ServerAuthority.ServerIdentity identity;
    try {
      identity = current.serverIdentity(options.host(), now, random);
    } catch (GeneralSecurityException e) {
      throw new IOException("no certificate for the server of keys: " + e.getMessage(), e);
    }
    KeyServer running = server;
    if (running == null) {
      KeyServer started =
          new KeyServer(
              options.port(),
              identity,
              reviewer,
              meshes::get,
              new KeyRequestCounters(registry),
              clock);
      server = started;
      LOG.info("keys are served port={} url={}", started.port(), options.url());
    } else {
      running.setIdentity(identity);
    }
    renewFrom = identity.renewFrom();
  }

  /** The document for the pods of a mesh. */
  public KeyService service(String authorityPem, String mesh, String revision) {
    return new KeyService(options.url().toString(), authorityPem, mesh, revision);
  }

  /** Hands out this of a mesh from now on. */
  public void put(MeshKeyMaterial mesh) {
    meshes.put(mesh.uid(), mesh);
  }

  /** Hands out nothing of a mesh any more. */
  public void remove(String uid) {
    meshes.remove(uid);
  }

  /** Hands out of these meshes only. */
  public void retain(Set<String> uids) {
    meshes.keySet().retainAll(uids);
  }

  /** Port of the server; 0 while there is none. */
  public synchronized int port() {
    return server == null ? 0 : server.port();
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (server != null) {
      server.close();
    }
  }
}
