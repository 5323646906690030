// Goes from mark to mark: for those who use no pointer, and for fingers that are wider than a mark.

import { announce } from './live.js';
import { element, icon } from './dom.js';

const L = globalThis.L;
const strides = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export const MapWalk = L.Control.extend({
    options: { position: 'bottomright' },

    /** `marks` gives the marks in view, in the order of the walk. */
    initialize(marks) {
        this._marks = marks;
    },

    onAdd(map) {
        this._walkedMap = map;
        const bar = element(
            'div', { class: 'leaflet-bar map-walk', role: 'group', 'aria-label': 'Entities in view' },
            this._button('previous', 'Previous entity', -1), this._button('next', 'Next entity', 1));
        L.DomEvent.disableClickPropagation(bar);
        // The order holds until another part of the city is looked at.
        map.on('dragend zoomend', () => { this._order = null; });
        map.getPane('popupPane').addEventListener('keydown', (event) => this._key(event));
        return bar;
    },

    _button(name, label, stride) {
        const button = element('button', { type: 'button', title: label, 'aria-label': label }, icon(name));
        button.addEventListener('click', () => {
            this._start = button;
            this._step(stride);
        });
        return button;
    },

    /** Opens the card of the next mark, and brings those who use the keyboard into it. */
    _step(stride) {
        this._order ??= this._marks();
        const order = this._order.filter((mark) => this._walkedMap.hasLayer(mark));
        if (order.length === 0) return announce('No entity is in view.');
        const current = order.indexOf(order.find((mark) => mark.isPopupOpen()) ?? this._current);
        const next = current < 0 ? Math.min(stride, 0) : current + stride;
        this._current = order.at(next % order.length);
        this._current.openPopup();
        this._current.getPopup().getElement().querySelector('a.button').focus({ preventScroll: true });
    },

    /** Within a card the arrows go on to the next one; Escape leads back to where the walk began. */
    _key(event) {
        const isClosing = event.key === 'Escape'
            || (event.key === 'Enter' && event.target.matches('.leaflet-popup-close-button'));
        if (!isClosing && !(event.key in strides)) return;
        event.preventDefault();
        event.stopPropagation();
        if (!isClosing) return this._step(strides[event.key]);
        this._walkedMap.closePopup();
        (this._start ?? this._walkedMap.getContainer()).focus({ preventScroll: true });
    },
});
