package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServicePortBuilder;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import java.util.List;

/** The Services: agents by name, the page, and the ingest of last windows. */
public final class Services {
  private Services() {}

  /** URL to which agents that end hand their last windows; resolves anywhere in the cluster. */
  public static String ingestUrl(Owner mesh) {
    return "http://"
        + ingest(mesh)
        + "."
        + mesh.namespace()
        + ".svc:"
        + ScraperPorts.INGEST_PORT
        + "/ingest";
  }

  private static String ingest(Owner mesh) {
    return Names.scraper(mesh.name()) + "-ingest";
  }

  static List<Service> of(Owner owner, MeshSettings mesh) {
    return List.of(
        agents(owner, mesh),
        scraper(owner, Names.scraper(owner.name()), ScraperPorts.PAGE, ScraperPorts.PAGE_PORT),
        scraper(owner, ingest(owner), ScraperPorts.INGEST, ScraperPorts.INGEST_PORT));
  }

  /** Headless, and unready agents too: one that is not Ready is one to look at. */
  private static Service agents(Owner owner, MeshSettings mesh) {
    int probe = mesh.reflector().port();
    int api = mesh.collector().apiPort();
    return new ServiceBuilder()
        .withMetadata(owner.metadata(Names.agent(owner.name()), Component.AGENT))
        .withNewSpec()
        .withClusterIP("None")
        .withPublishNotReadyAddresses(true)
        .withSelector(Names.selector(owner.name(), Component.AGENT))
        .withPorts(port(Names.PROBE_PORT, probe, "UDP"), port(Names.API_PORT, api, "TCP"))
        .endSpec()
        .build();
  }

  private static Service scraper(Owner owner, String name, String portName, int port) {
    return new ServiceBuilder()
        .withMetadata(owner.metadata(name, Component.SCRAPER))
        .withNewSpec()
        .withSelector(Names.selector(owner.name(), Component.SCRAPER))
        .withPorts(port(portName, port, "TCP"))
        .endSpec()
        .build();
  }

  private static ServicePort port(String name, int port, String protocol) {
    return new ServicePortBuilder()
        .withName(name)
        .withPort(port)
        .withNewTargetPort(name)
        .withProtocol(protocol)
        .build();
  }
}
