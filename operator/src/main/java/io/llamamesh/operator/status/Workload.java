package io.llamamesh.operator.status;

import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;

/**
 * The agents or the scraper of one mesh, as a remedy must name them.
 *
 * @param namespace of the mesh
 * @param mesh its name
 * @param component {@link Component#AGENT} or {@link Component#SCRAPER}
 */
public record Workload(String namespace, String mesh, Component component) {

  /** Name of its ServiceAccount, and of its DaemonSet or Deployment. */
  String name() {
    return isAgents() ? Names.agent(mesh) : Names.scraper(mesh);
  }

  boolean isAgents() {
    return component == Component.AGENT;
  }

  /** For people. */
  String pods() {
    return isAgents() ? "the agents' pods" : "the scraper's pods";
  }

  /** A field of the mesh's spec, such as {@code spec.agent.resources}. */
  String specField(String name) {
    return (isAgents() ? "spec.agent." : "spec.scraper.") + name;
  }
}
