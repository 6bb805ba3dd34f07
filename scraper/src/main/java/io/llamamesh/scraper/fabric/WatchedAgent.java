package io.llamamesh.scraper.fabric;

import io.llamamesh.client.ClientException;
import io.llamamesh.client.DocumentWatch;
import io.llamamesh.client.FabricClient;
import io.llamamesh.client.WatchListener;
import io.llamamesh.results.FabricMembers;
import io.llamamesh.results.FabricPartitions;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An agent whose members and partitions are watched. Its watches' threads write what they read; all
 * else is for the owner's thread.
 */
final class WatchedAgent implements AutoCloseable {
  private final AgentEndpoint endpoint;
  private final URI address;
  private final FabricClient client;
  private final Runnable wake;
  private final long startedAt = System.nanoTime();
  private final DocumentWatch membersWatch;
  private @Nullable DocumentWatch partitionsWatch;
  private volatile @Nullable FabricMembers members;
  private volatile @Nullable FabricPartitions partitions;
  private volatile @Nullable ClientException failure;
  private long heardAt = startedAt;

  /**
   * Begins to watch the members; the partitions follow when these have come, so that an agent
   * without a fabric is asked once.
   *
   * @param wake called by any thread where there is something new
   */
  WatchedAgent(AgentEndpoint endpoint, URI address, FabricClient client, Runnable wake) {
    this.endpoint = endpoint;
    this.address = address;
    this.client = client;
    this.wake = wake;
    this.membersWatch =
        client.watchMembers(
            address,
            new WatchListener<>() {
              @Override
              public void changed(FabricMembers document) {
                members = document;
                wake.run();
              }

              @Override
              public void failed(ClientException cause) {
                fail(cause);
              }
            });
  }

  private void fail(ClientException cause) {
    failure = cause;
    wake.run();
  }

  /** Starts what is due. */
  void tick() {
    if (members != null && partitionsWatch == null && failure == null) {
      partitionsWatch =
          client.watchPartitions(
              address,
              new WatchListener<>() {
                @Override
                public void changed(FabricPartitions document) {
                  partitions = document;
                  wake.run();
                }

                @Override
                public void failed(ClientException cause) {
                  fail(cause);
                }
              });
    }
    Duration age = membersWatch.age();
    if (age != null) {
      heardAt = Math.max(heardAt, System.nanoTime() - age.toNanos());
    }
  }

  /** Where its API is. */
  URI address() {
    return address;
  }

  AgentEndpoint endpoint() {
    return endpoint;
  }

  /** The first failure; null while both watches work. */
  @Nullable ClientException failure() {
    return failure;
  }

  /** The name that the agent has in the fabric; null until it has said it. */
  @Nullable String memberName() {
    FabricMembers known = members;
    return known == null ? null : known.self();
  }

  /** Time since the start. */
  Duration age() {
    return Duration.ofNanos(System.nanoTime() - startedAt);
  }

  /** Time since its last line. */
  Duration silence() {
    return Duration.ofNanos(Math.max(0, System.nanoTime() - heardAt));
  }

  /** What it says; null until both documents have come. */
  FabricMerge.@Nullable Witness witness() {
    FabricMembers known = members;
    FabricPartitions blocks = partitions;
    return known == null || blocks == null
        ? null
        : new FabricMerge.Witness(known, blocks, silence());
  }

  @Override
  public void close() {
    membersWatch.close();
    if (partitionsWatch != null) {
      partitionsWatch.close();
    }
  }
}
