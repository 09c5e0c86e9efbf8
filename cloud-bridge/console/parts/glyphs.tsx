/** The drawings, once in the page; the rest refers to them by name. Colours come from the style sheet. */
export function Sprite() {
  return (
    <svg class="sprite" aria-hidden="true" focusable="false">
      <symbol id="mark" viewBox="0 0 24 24">
        <circle cx="12" cy="12" r="11" class="ink-fill" />
        <circle cx="12" cy="12" r="8.1" class="paper-line" />
        <path d="M9.2 8.4c-1.1 2.2-1.1 5 0 7.2M14.8 8.4c1.1 2.2 1.1 5 0 7.2" class="paper-line thick" />
      </symbol>
      <symbol id="cap" viewBox="0 0 96 96">
        <circle cx="48" cy="48" r="44" class="cap-edge" />
        <circle cx="48" cy="48" r="43" class="cap-knurl" />
        <circle cx="48" cy="48" r="39.5" class="cap-face" />
        <circle cx="48" cy="48" r="33" class="cap-ring" />
        <path d="M37 24.5a26 26 0 0 0 0 47z" class="cap-grip" />
        <path d="M59 24.5a26 26 0 0 1 0 47z" class="cap-grip" />
        <path d="M33 35v26M28.5 40v16M63 35v26M67.5 40v16" class="cap-rib" />
        <path d="M21 27a34 34 0 0 1 22-12.8" class="cap-shine" />
      </symbol>
      <symbol id="lens" viewBox="0 0 96 96">
        <circle cx="48" cy="48" r="44" class="cap-edge" />
        <circle cx="48" cy="48" r="43" class="cap-knurl" />
        <circle cx="48" cy="48" r="38" class="lens-barrel" />
        <circle cx="48" cy="48" r="30" class="lens-glass" />
        <circle cx="48" cy="48" r="22" class="lens-coat" />
        <circle cx="48" cy="48" r="12.5" class="lens-iris" />
        <path d="M29 39a21 21 0 0 1 11-11" class="lens-shine" />
        <circle cx="58" cy="60" r="3" class="lens-spark" />
      </symbol>
      <symbol id="lock" viewBox="0 0 24 24">
        <path d="M7.5 10.5V7.6a4.5 4.5 0 0 1 9 0v2.9" class="lock-bow" />
        <rect x="5" y="10.5" width="14" height="10" rx="2.4" />
      </symbol>
      <symbol id="play" viewBox="0 0 24 24">
        <path d="M8 5.5v13l11-6.5z" />
      </symbol>
    </svg>
  )
}

export function Glyph({ name, class: className }: { name: 'mark' | 'cap' | 'lens' | 'lock' | 'play'; class?: string }) {
  return (
    <svg class={`glyph ${className ?? ''}`} aria-hidden="true" focusable="false">
      <use href={`#${name}`} />
    </svg>
  )
}
