/** The build's command that writes the images; the only place that exits; nothing imports it. */
@NullMarked
package io.llamamesh.images.main;

import org.jspecify.annotations.NullMarked;
