package io.llamamesh.e2e.cluster;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.llamamesh.e2e.machine.Daemon;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The cluster's DNS: a dnsmasq whose file of names follows the cluster's Services. */
final class DnsServer implements AutoCloseable {
  private static final String NAMES = "names";

  private final Path folder;
  private final Daemon server;
  private final SharedIndexInformer<Service> services;

  private DnsServer(Path folder, Daemon server, SharedIndexInformer<Service> services) {
    this.folder = folder;
    this.server = server;
    this.services = services;
  }

  static DnsServer start(KubernetesClient client, String address, Path folder)
      throws IOException, InterruptedException {
    Path names = Files.createDirectories(folder.resolve(NAMES));
    // It gives up rights, and with them what ties it to us: so its parent is the first process of
    // a namespace of processes, and takes it along.
    Daemon server =
        Daemon.start(
            "dnsmasq",
            folder.resolve("dnsmasq.log"),
            Map.of(),
            List.of(
                "unshare",
                "--pid",
                "--fork",
                "--kill-child",
                "sh",
                "-c",
                "dnsmasq \"$@\" & wait",
                "dnsmasq",
                "--keep-in-foreground",
                "--conf-file=/dev/null",
                "--pid-file=",
                "--user=root",
                "--log-facility=-",
                "--listen-address=" + address,
                "--bind-interfaces",
                "--no-resolv",
                "--no-hosts",
                "--local=/cluster.local/",
                "--local-ttl=5",
                // Read again whenever a file in it changes.
                "--hostsdir=" + names));
    DnsServer following =
        new DnsServer(folder, server, client.services().inAnyNamespace().runnableInformer(0));
    following.services.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(Service service) {
            following.write();
          }

          @Override
          public void onUpdate(Service before, Service service) {
            following.write();
          }

          @Override
          public void onDelete(Service service, boolean unknown) {
            following.write();
          }
        });
    following.services.start();
    return following;
  }

  private synchronized void write() {
    TreeSet<String> lines = new TreeSet<>();
    for (Service service : services.getStore().list()) {
      String address = service.getSpec().getClusterIP();
      if (address != null && !address.isEmpty() && !address.equals("None")) {
        lines.add(
            "%s %s.%s.svc.cluster.local"
                .formatted(
                    address,
                    service.getMetadata().getName(),
                    service.getMetadata().getNamespace()));
      }
    }
    try {
      Path next = Files.write(folder.resolve("next"), lines);
      Files.move(
          next,
          folder.resolve(NAMES).resolve("services"),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("the DNS gets no names", e);
    }
  }

  @Override
  public void close() throws IOException {
    services.close();
    try {
      server.kill();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
